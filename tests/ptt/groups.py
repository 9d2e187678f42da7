# SPDX-License-Identifier: Apache-2.0
"""groups: configurations of the servers of these tests."""
MEDIA = '{ relay = "always"; ports = PORTS(500); threads = 1; }'


def group(members="alice bob carol", name="ops", media=MEDIA, priorities=None, **keys):
    """Settings of a server with one group of these members; `keys` are the group's, as text of the configuration."""
    users = tuple(members.split())
    priorities = priorities or {}
    entry = lambda user: '{ name = "%s"; priority = %d; }' % (user, priorities[user]) if user in priorities else '"%s"' % user
    everyone = '"*"' if users == ("*",) else "( %s )" % ", ".join(map(entry, users))
    lines = ['name = "%s";' % name, "members = %s;" % everyone]
    lines += ["%s = %s;" % item for item in keys.items()]
    return {"media": media, "users": tuple(u for u in users if u != "*") + ("stranger",), "extra": "groups = ( { %s } );" % " ".join(lines)}
