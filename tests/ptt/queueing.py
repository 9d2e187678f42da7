# SPDX-License-Identifier: Apache-2.0
"""queueing: two who press at once, who waits and where, in which order they come, who has no place."""
import re

from feature import feature, ok
from groups import group
from room import Room

TEN = "alice bob carol dave erin frank grace heidi ivan judy mallory"


def together(phones, key="*"):
    """They press in one tick: the packets leave one behind the other."""
    due = max(p.due for p in phones)
    for phone in phones:
        phone.due = due
        phone.press(key, wait=False)


def winner(room, among):
    """Whom all hear, once they agree."""
    def found():
        heard = {frozenset(p.hears() or ()) for p in room.in_call() if p not in among}
        return len(heard) == 1 and len(next(iter(heard))) == 1
    room.until(found, "one of them is heard")
    name = next(iter(next(p for p in room.in_call() if p not in among).hears()))
    return next(p for p in among if p.user == name)


@feature(**group(tones="false"))
def double_press(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        wanted = []
        for n in range(5):
            both = [alice, bob] if n % 2 else [bob, alice]
            room.stage.speakers.sort(key=lambda p: (p is carol, p is both[1]))
            together(both)
            first = winner(room, both)
            second = both[both[0] is first]
            room.heard_by_all(first, "all agree on %s" % first)
            room.goes_on(10)
            first.press("#")
            room.heard_by_all(second, "%s has waited for it" % second)
            second.press("#")
            room.nobody("and gives back")
            wanted += [first.user, second.user]
        ok(carol.story() == wanted, "carol heard them one after the other")
        room.stories(wanted, "as the two themselves did")


@feature(**group(queue="0"))
def double_press_without_queue(server):
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        wanted = []
        for _ in range(3):
            together([alice, bob])
            first = winner(room, [alice, bob])
            room.heard_by_all(first, "all agree on %s" % first)
            room.goes_on(10)
            first.press("#")
            room.nobody("the other one has not waited: nobody is heard")
            room.goes_on(10)
            wanted.append(first.user)
        ok(carol.story() == wanted, "carol heard who won")


def place(phone):
    found = re.search(r"\d+", phone.ask("q"))
    return int(found.group()) if found else None


@feature(**group(TEN, tones="false"))
def queue_of_eight(server):
    """alice talks, eight wait, one has no place: by key, INFO and word, who waits is served in the order of arrival."""
    with Room(server) as room:
        alice, *waiting, judy, mallory = phones = [room.phone(user) for user in TEN.split()]
        for phone in phones:
            phone.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        ways = (lambda p: p.press("*"), lambda p: p.info("*"), lambda p: p.ask("ptt"))
        for n, phone in enumerate(waiting):
            ways[n % 3](phone)
            room.until(lambda: place(phone) == n + 1, "%s waits at %d" % (phone, n + 1))
        ok(place(judy) is None and place(alice) is None, "who does not wait has no place")
        told = judy.ask("ptt")
        ok("alice" in told and not re.search(r"\bqueued\b", told), "the ninth is denied, and told who talks: %r" % told)
        room.goes_on(10)
        room.heard_by_all(alice, "alice goes on")
        waiting[2].press("#")
        room.until(lambda: place(waiting[3]) == 3, "who releases leaves the queue: the others move up")
        waiting[4].ask("over")
        room.until(lambda: place(waiting[5]) == 4, "by a word, too")
        left = [p for n, p in enumerate(waiting) if n not in (2, 4)]
        for now, next_one in zip([alice] + left, left):
            now.press("#")
            room.heard_by_all(next_one)
            room.goes_on(5)
        left[-1].press("#")
        room.nobody("then nobody waits")
        room.goes_on(10)
        room.stories(["alice"] + [p.user for p in left], "heard in the order of arrival")


@feature(**group(TEN, tones="false", priorities={"dave": 5, "erin": 9, "frank": 5, "judy": 1}))
def queue_by_priority(server):
    with Room(server) as room:
        users = ("alice", "bob", "dave", "erin", "frank", "judy", "carol")
        alice, *waiting, carol = phones = [room.phone(user) for user in users]
        for phone in phones:
            phone.join(mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        for phone in waiting:
            phone.ask("ptt")
        order = ["erin", "dave", "frank", "judy", "bob"]
        places = {p.user: place(p) for p in waiting}
        ok(places == {user: n + 1 for n, user in enumerate(order)}, "by priority, then arrival: %s" % places)
        by_name = {p.user: p for p in phones}
        for now, next_one in zip(["alice"] + order, order):
            by_name[now].press("#")
            room.heard_by_all(by_name[next_one])
        ok(carol.story() == ["alice"] + order, "and so they are heard")


@feature(**group(queue="1"))
def leaves_while_waiting(server):
    """Who hangs up waits no more, and his place is free."""
    with Room(server) as room:
        alice, bob, carol = room.gather("alice", "bob", "carol", mic=-1)
        alice.press("*")
        room.heard_by_all(alice)
        bob.press("*")
        room.until(lambda: place(bob) == 1, "bob waits")
        told = carol.ask("ptt")
        ok(not re.search(r"\d", told), "the queue is full: %r" % told)
        bob.leave()
        carol.press("*")
        room.until(lambda: place(carol) == 1, "bob hangs up: there is a place for carol")
        alice.press("#")
        room.heard_by_all(carol)
