# SPDX-License-Identifier: Apache-2.0
"""A phone of few words, and a case that has some."""

import hashlib
import re
import socket

from harness import DEADLINE, Case

OPEN = 'auth = { challenge = "none"; };\n'


class Phone:
    def __init__(self, name, server_port, tcp=False):
        self.name, self.server, self.tcp = name, ("127.0.0.1", server_port), tcp
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.unread = ""
        self.socket.settimeout(DEADLINE)
        self.port = self.socket.getsockname()[1]
        self.number = 0
        self.domain = "example.test"
        if tcp:
            self.socket.connect(self.server)

    def close(self):
        self.socket.close()

    def request(self, method, uri, to, more=""):
        self.number += 1
        text = (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{'TCP' if self.tcp else 'UDP'} 127.0.0.1:{self.port};"
                f"branch=z9hG4bK{self.name}{self.number};rport\r\nFrom: <sip:{self.name}@{self.domain}>;tag=1\r\n"
                f"To: <sip:{to}@{self.domain}>\r\nCall-ID: {self.name}-{self.port}-{self.number}\r\n"
                f"CSeq: {self.number} {method}\r\nContact: <sip:{self.name}@127.0.0.1:{self.port}>\r\n"
                f"Max-Forwards: 70\r\n{more}Content-Length: 0\r\n\r\n")
        self.send(text)

    def send(self, text):
        if self.tcp:
            self.socket.sendall(text.encode())
        else:
            self.socket.sendto(text.encode(), self.server)

    def next_message(self):
        """Over TCP, messages without a body."""
        if not self.tcp:
            return self.socket.recv(65535).decode()
        while "\r\n\r\n" not in self.unread:
            more = self.socket.recv(65535).decode()
            if not more:
                raise AssertionError("the server closed the connection")
            self.unread += more
        text, mark, self.unread = self.unread.partition("\r\n\r\n")
        return text + mark

    def receive(self, start):
        """The next message that begins so; others are let go."""
        while True:
            text = self.next_message()
            if text.startswith(start):
                return text

    def answer(self, request, status):
        lines = [line for line in request.split("\r\n")
                 if re.match(r"(Via|From|Call-ID|CSeq|Record-Route):", line)]
        to = re.search(r"^To: .*$", request, re.M).group(0).strip()
        text = f"SIP/2.0 {status}\r\n" + "\r\n".join(lines) + f"\r\n{to};tag=2\r\nContent-Length: 0\r\n\r\n"
        self.send(text)

    def credentials(self, challenge, password):
        """The header line that answers a 401 to a REGISTER, by MD5."""
        line = [line for line in challenge.split("\r\n") if "algorithm=MD5" in line][0]
        realm = re.search('realm="([^"]*)"', line).group(1)
        nonce = re.search('nonce="([^"]*)"', line).group(1)
        uri = "sip:" + self.domain

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        answer = md5(f"{md5(f'{self.name}:{realm}:{password}')}:{nonce}:00000001:c:auth:{md5(f'REGISTER:{uri}')}")
        return (f'Authorization: Digest username="{self.name}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
                f'response="{answer}", algorithm=MD5, cnonce="c", qop=auth, nc=00000001\r\n')

    def register(self):
        self.request("REGISTER", "sip:" + self.domain, self.name)
        return self.receive("SIP/2.0 200")


class PhoneCase(Case):
    def phone(self, name, tcp=False):
        phone = Phone(name, self.port, tcp)
        self.addCleanup(phone.close)
        return phone
