# SPDX-License-Identifier: Apache-2.0
"""groups: configurations of the servers of these tests."""
MEDIA = '{ relay = "always"; ports = PORTS(500); threads = 1; }'


def group(members="alice bob carol", name="ops", media=MEDIA, priorities=None, **keys):
    """Settings of a server with one group of these members; `keys` are the group's, as text of the configuration."""
    users = tuple(members.split())
    entry = lambda user: '{ name = "%s"; priority = %d; }' % (user, priorities[user]) if user in (priorities or {}) \
        else '{ name = "%s"; }' % user if priorities else '"%s"' % user
    brackets = "()" if priorities else "[]"
    lines = ['name = "%s";' % name, "members = %s %s %s;" % (brackets[0], ", ".join(map(entry, users)), brackets[1])]
    lines += ["%s = %s;" % item for item in keys.items()]
    return {"media": media, "users": users + ("stranger",), "extra": "groups = ( { %s } );" % " ".join(lines)}
