# SPDX-License-Identifier: Apache-2.0
"""room: a server's group with its phones: what all of them hear now, and heard so far."""
import re
import time

from feature import ok
from phone import GroupPhone
from stage import STILL, Stage
from voice import TONES


class Room:
    """A group of the server, and the phones that stand in it."""

    def __init__(self, server, group="ops"):
        self.server, self.group, self.stage = server, group, Stage()
        self.phones, self.who, self._tones = [], {}, {}
        self.stage.is_fed = self._is_fed

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for phone in self.phones:
            phone.close()
        self.stage.close()

    def tone_of(self, user):
        """The tone of a user's phone: given in the order of their coming; None, no voice, when there are no more."""
        if user not in self._tones and len(self._tones) < len(TONES):
            self._tones[user] = TONES[len(self._tones)]
            self.who[self._tones[user]] = user
        return self._tones.get(user)

    def named(self, user, tone):
        """Somebody who is no phone of this room says this tone."""
        self._tones[user], self.who[tone] = tone, user

    def phone(self, user, **kw):
        phone = GroupPhone(self, user, **kw)
        self.phones.append(phone)
        return phone

    def gather(self, *users, mic=0, **kw):
        """Phones of these users, which join one after the other with their microphones open."""
        phones = [self.phone(user, **kw) for user in users]
        for phone in phones:
            phone.join(mic=mic)
        return phones

    def until(self, what, text, seconds=5.0):
        """Waits for an event, and says that it came."""
        if not self.stage.until(what, seconds):
            raise AssertionError("%s: never. Now:\n%s" % (text, self.told()))
        ok(True, text)

    def told(self):
        return "\n".join("  %s hears %s, heard %s%s" % (
            p, p.hears(), " ".join("%s:%d" % (name or "-", count) for name, count, _, _ in p.runs()[-40:]),
            ", floor %r" % p.channel.got[-6:] if p.channel else "") for p in self.phones if p.answer)

    def _is_fed(self):
        """Somebody gets a packet each 20 ms, whoever talks."""
        return "keepalive" not in self.server.extra and any(p.answer and not p.ended and p.radio is None for p in self.phones)

    def in_call(self):
        return [p for p in self.phones if p.answer and not p.ended]

    def heard_by_all(self, talker, text=None, among=None):
        """Waits until each other phone hears the talker and nobody else, and the talker nobody."""
        phones = among or self.in_call()
        self.until(lambda: all(p.hears() == ({talker.user} if p is not talker else set()) for p in phones),
                   text or "%s is heard by all the others, and nobody else" % talker)
        if talker in phones:
            talker.part()

    def nobody(self, text=None, among=None):
        """Waits until all is silent."""
        phones = among or self.in_call()
        self.until(lambda: all(p.is_silent() and p.hears() == set() for p in phones), text or "nobody is heard")
        for phone in phones:
            phone.part()

    def talks(self):
        """How many have ended."""
        return len(re.findall(r" talk group=", self.server.log()))

    def talks_end(self, count, text):
        """Waits until so many talks have ended, as the server's log has it: the floor is free before that is heard."""
        self.until(lambda: self.talks() >= count, text)

    def holds(self, what, text, least=STILL):
        """what() does something, and is true; unless the machine stood still (for `least` seconds or longer), for only else does
        what one says each 20 ms come to another so: then it is done again."""
        for _ in range(30):
            since = time.monotonic()
            if what():
                return ok(True, text)
            assert self.stage.stood(since, least=least), "%s. Now:\n%s" % (text, self.told())
        raise AssertionError(text + ": not as long as the machine stands still again and again")

    def goes_on(self, frames=15):
        """So many frames more are said by each who speaks, and have had their time to arrive."""
        marks = [(p, p.sent) for p in self.in_call() if p.mic is not None and p in self.stage.speakers and p.may_talk()]
        assert self.stage.until(lambda: all(p.sent >= n + frames for p, n in marks), 20 + frames / 50), "phones speak"
        self.stage.run(0.03)

    def stories(self, expected, text, since=0.0, among=None, least=None):
        """Each phone heard those whom it should, in this order; a talker is left out of what it heard itself."""
        for phone in among or self.in_call():
            wanted = [n for n in expected if n != phone.user]
            told = phone.story(since, least=least)
            assert told == wanted, "%s heard %s, not %s\n%s" % (phone, told, wanted, self.told())
        ok(True, text)
