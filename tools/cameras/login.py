"""Basic and Digest log-in, as cameras ask for it."""

import base64
import hashlib
import hmac
import os
import re


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Login:
    """`mode`: none, basic, digest (with qop, as RFC 2617), plain-digest (without), both."""

    def __init__(self, mode, user, password, realm="camera"):
        self.mode, self.user, self.password, self.realm = mode, user, password, realm
        self.nonce = os.urandom(12).hex()

    def with_mode(self, mode):
        return Login(mode, self.user, self.password, self.realm) if mode else self

    def challenges(self):
        digest = f'Digest realm="{self.realm}", nonce="{self.nonce}"'
        basic = f'Basic realm="{self.realm}"'
        return {
            "none": [],
            "basic": [basic],
            "digest": [digest + ', algorithm=MD5, qop="auth"'],
            "plain-digest": [digest],
            "both": [digest + ', algorithm=MD5, qop="auth"', basic],
        }[self.mode]

    def accepts(self, method, authorization):
        if self.mode == "none":
            return True
        scheme, _, rest = (authorization or "").partition(" ")
        if scheme.lower() == "basic" and self.mode in ("basic", "both"):
            said = base64.b64decode(rest + "==")
            return hmac.compare_digest(said, f"{self.user}:{self.password}".encode())
        if scheme.lower() == "digest" and self.mode != "basic":
            return self.accepts_digest(method, rest)
        return False

    def accepts_digest(self, method, text):
        said = {}
        for name, quoted, bare in re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))', text):
            said[name.lower()] = quoted or bare
        if said.get("nonce") != self.nonce or said.get("username") != self.user:
            return False
        ours = md5(f"{self.user}:{self.realm}:{self.password}")
        request = md5(f"{method}:{said.get('uri', '')}")
        if said.get("qop"):
            middle = f"{self.nonce}:{said.get('nc')}:{said.get('cnonce')}:{said['qop']}"
        else:
            middle = self.nonce
        return said.get("response") == md5(f"{ours}:{middle}:{request}")
