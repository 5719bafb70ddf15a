"""Tokens behind PKCS #11 modules: found by an address, opened with a PIN, and what they complain of.

The module is the address's ``module-path`` or ``module-name``, or ``COSIGN_PKCS11_MODULE_PATH`` or
``COSIGN_PKCS11_MODULE``; the PIN the address's ``pin-source`` (a file) or ``pin-value``, or ``COSIGN_PKCS11_PIN``, or
it is asked for. One that was refused is not tried again, for tokens lock themselves. Modules need not be safe under
threads, so `LOCK` is held around every call.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from assay.errors import ExternalError, InputError, Refused, UsageError
from assay.formats.pkcs11_uri import Pkcs11Uri

LOCK = RLock()
_MODULE, _SHORT_MODULE, _PIN = "COSIGN_PKCS11_MODULE_PATH", "COSIGN_PKCS11_MODULE", "COSIGN_PKCS11_PIN"
_NO_MODULE = f"?module-path=FILE in the address, or {_MODULE}"
_NO_PIN = f"?pin-source=FILE in the address, or {_PIN}"
_FOLDERS = ("/usr/lib64/pkcs11", "/usr/lib/pkcs11", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
_MAX_PIN = 1024
_REFUSED: set[tuple[str, int, Any]] = set()
_LOADED: dict[str, Any] = {}
_SESSIONS: dict[tuple[str, int], Opened] = {}


class Opened(NamedTuple):
    """A session with a token, which all keys on it share: logging in and out is the whole process's."""

    session: Any
    logged_in: bool
    writable: bool


@contextmanager
def told(uri: Pkcs11Uri) -> Iterator[None]:
    """Whatever a module raises, in our words; the PIN is in none of them."""
    try:
        import pkcs11
    except ImportError as error:
        raise UsageError("keys on tokens need the extra `pkcs11`", "pip install 'assay[pkcs11]'") from error
    where = uri.shown
    try:
        with LOCK:
            yield
    except pkcs11.PinLocked:
        raise Refused(f"the PIN of {where} is locked", "the security officer of the token can set another") from None
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange):
        raise Refused(
            f"the token does not take the PIN: {where}", f"{_NO_PIN}; too many tries lock the token"
        ) from None
    except (pkcs11.PinExpired, pkcs11.UserPinNotInitialized) as error:
        raise Refused(
            f"the PIN of {where} cannot be used: {_name(error)}", "set a new one with the token's tool"
        ) from None
    except (pkcs11.UserNotLoggedIn, pkcs11.AttributeSensitive) as error:
        raise Refused(f"the token wants a PIN: {where} ({_name(error)})", _NO_PIN) from None
    except (pkcs11.MechanismInvalid, pkcs11.FunctionNotSupported) as error:
        raise InputError(f"the token cannot do that: {where} ({_name(error)})", "take another kind of key") from None
    except (pkcs11.TokenWriteProtected, pkcs11.SessionReadOnly) as error:
        raise ExternalError(f"nothing can be written to the token: {where}", "is it write protected?") from error
    except pkcs11.PKCS11Error as error:
        remedy = "is the token in its place, and does it know that key?"
        raise ExternalError(f"the token does not do it: {where} ({_name(error)})", remedy) from None


def _name(error: Exception) -> str:
    return type(error).__name__


def opened(uri: Pkcs11Uri, *, login: bool = True, writable: bool = False) -> Any:
    """A session with the token of that address (under `told`); one that is open serves again."""
    path = module_path(uri)
    token = _token(uri, _library(path))
    key = (path, token.slot.slot_id)
    known = _SESSIONS.get(key, Opened(None, logged_in=False, writable=False))
    if known.session is not None and known.logged_in >= login and known.writable >= writable:
        return known.session
    pin = _pin(uri, token) if login and not known.logged_in else None
    session = _open(token, (*key, pin), writable)
    _SESSIONS[key] = Opened(session, known.logged_in or login, writable)
    return session


def _open(token: Any, tried: tuple[str, int, Any], writable: bool) -> Any:
    """A new session; a PIN that was refused is not tried again, or a server would lock the token by itself."""
    import pkcs11

    if tried in _REFUSED:
        raise pkcs11.PinIncorrect
    try:
        return token.open(rw=writable, user_pin=tried[2], attribute_mapper=_mapper())
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange):
        _REFUSED.add(tried)
        raise


def _mapper() -> Any:
    """How attributes are read; the library does not know the list of ways in which a key may be used."""
    from pkcs11 import Attribute
    from pkcs11.attributes import AttributeMapper

    found, size = AttributeMapper(), struct.calcsize("@L")

    def unpack(data: bytes) -> list[int]:
        return list(struct.unpack(f"@{len(data) // size}L", data[: len(data) // size * size]))

    found.register_handler(Attribute.ALLOWED_MECHANISMS, lambda ways: struct.pack(f"@{len(ways)}L", *ways), unpack)
    return found


def lost(session: Any) -> None:
    """Begin anew, unless that was done since this session was opened."""
    if any(item.session is session for item in _SESSIONS.values()):
        forget()


def forget() -> None:
    """Close all sessions; modules begin anew when they are next used, so that they see other tokens."""
    with LOCK:
        for library in _LOADED.values():
            library.finalize()
        _SESSIONS.clear()
        _LOADED.clear()


def module_path(uri: Pkcs11Uri) -> str:
    """The file of the module; raises `UsageError` where none is named or there is none."""
    named, name = uri.text("module-path"), uri.text("module-name")
    found = named or (_of_name(name) if name else "") or os.environ.get(_MODULE) or os.environ.get(_SHORT_MODULE) or ""
    if not found:
        raise UsageError("no PKCS #11 module is named", _NO_MODULE)
    if not Path(found).is_file():
        raise UsageError(f"there is no PKCS #11 module {found}", _NO_MODULE)
    return found


def _of_name(name: str) -> str:
    """Where a module of that name lies, as its distribution put it there."""
    for folder in (*map(Path, _FOLDERS), *sorted(Path("/usr/lib").glob("*-linux-*"))):
        for inner in ("", "pkcs11", "softhsm"):
            for file in (f"lib{name}.so", f"{name}.so", f"{name}-pkcs11.so", f"lib{name}.dylib"):
                if "/" not in name and (folder / inner / file).is_file():
                    return str(folder / inner / file)
    raise UsageError(f"there is no PKCS #11 module of the name {name[:60]!r}", _NO_MODULE)


def _library(path: str) -> Any:
    import pkcs11

    try:
        return _LOADED.setdefault(path, pkcs11.lib(path))
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise UsageError(f"{path} cannot be used as a PKCS #11 module: {_name(error)}", _NO_MODULE) from None


def tokens(uri: Pkcs11Uri, library: Any) -> list[Any]:
    """The tokens that an address may mean."""
    import pkcs11

    found = []
    for slot in library.get_slots(token_present=True):
        try:
            token = slot.get_token()
        except pkcs11.PKCS11Error:  # was taken out meanwhile
            continue
        if token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED and _is_meant(uri, token, library):
            found.append(token)
    return found


def _is_meant(uri: Pkcs11Uri, token: Any, library: Any) -> bool:
    slot = token.slot
    has = {
        "token": token.label,
        "serial": token.serial.decode(errors="replace"),
        "manufacturer": token.manufacturer_id,
        "model": token.model,
        "slot-description": slot.slot_description,
        "slot-manufacturer": slot.manufacturer_id,
        "slot-id": str(slot.slot_id),
        "library-manufacturer": library.manufacturer_id,
        "library-description": library.library_description,
        "library-version": ".".join(map(str, library.library_version)),
    }
    return all(uri.text(name) in (None, value.strip(), value) for name, value in has.items())


def _token(uri: Pkcs11Uri, library: Any) -> Any:
    found = tokens(uri, library)
    if len(found) == 1:
        return found[0]
    if not found:
        there = ", ".join(sorted(token.label for token in tokens(Pkcs11Uri({}), library))) or "none"
        raise InputError(f"there is no token as {uri.shown} wants it; there are: {there}", "pkcs11:token=TOKEN")
    names = ", ".join(f"{token.label} (serial={token.serial.decode(errors='replace')})" for token in found)
    raise UsageError(f"{uri.shown} fits several tokens: {names}", "name one: token=TOKEN or serial=NUMBER")


def _pin(uri: Pkcs11Uri, token: Any) -> Any:
    """The PIN; raises `UsageError` where it is nowhere and nobody can be asked."""
    import pkcs11

    if token.flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
        raise pkcs11.PinLocked
    if not token.flags & pkcs11.TokenFlag.LOGIN_REQUIRED:
        return None
    source = uri.text("pin-source")
    found = _of_source(source) if source is not None else uri.text("pin-value")
    if found is None:
        found = os.environ.get(_PIN)
    if found is not None:
        return found
    if token.flags & pkcs11.TokenFlag.PROTECTED_AUTHENTICATION_PATH:
        return pkcs11.PROTECTED_AUTH
    if not sys.stdin.isatty():
        raise UsageError(f"the token {token.label} wants a PIN", _NO_PIN)
    return getpass(f"PIN of the token {token.label}: ", sys.stderr)


def _of_source(source: str) -> str:
    """The PIN in a file; other sources (RFC 7512, 2.4) are not taken, least of all commands."""
    if source.startswith("|"):
        raise UsageError("a PIN is not fetched with a command", "pin-source=FILE")
    path = Path(unquote(urlsplit(source).path) if source.startswith("file:") else source)
    try:
        with path.open("rb") as file:
            found = file.read(_MAX_PIN + 1).rstrip(b"\r\n")
        text = found.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the PIN cannot be read from {path}: {_name(error)}", "pin-source=FILE") from None
    if not text or len(found) > _MAX_PIN or "\n" in text or "\0" in text:
        raise UsageError(f"{path} holds no PIN", "one line, and nothing else")
    return text
