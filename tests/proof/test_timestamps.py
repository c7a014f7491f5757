"""Time stamps: of an RFC 3161 authority that runs here, and of an OpenTimestamps calendar that is made up."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from nofly.errors import ConfigError, FeedError
from nofly.proof.package import Making, Part, integrity, made, next_seal, opened, with_act
from nofly.proof.packing import timestamps
from nofly.proof.packing.container import packed
from nofly.proof.packing.custody import Act
from nofly.proof.packing.steps import Outcome, exit_code
from nofly.run.proving.stamping import stamped

CONFIG = """\
[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
[ca]
basicConstraints = critical, CA:true
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def _openssl(folder: Path, *args: str, data: bytes = b"") -> bytes:
    run = subprocess.run(
        ["openssl", *args], cwd=folder, input=data, capture_output=True, check=True, timeout=60
    )
    return run.stdout


class Authority:
    """A time-stamping authority of OpenSSL, in a folder of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "serial").write_text("01\n")
        for role, extensions in ((f"{name} CA", "ca"), (f"{name} TSA", "stamping")):
            (folder / f"{extensions}.cnf").write_text(CONFIG.format(name=role, folder=folder))
            _openssl(folder, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{extensions}.key",
                     "-out", f"{extensions}.csr", "-config", f"{extensions}.cnf")  # fmt: skip
        _openssl(folder, "x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-out", "ca.pem",
                 "-days", "30", "-extfile", "ca.cnf", "-extensions", "ca")  # fmt: skip
        _openssl(folder, "x509", "-req", "-in", "stamping.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                 "-CAcreateserial", "-out", "stamping.pem", "-days", "30", "-extfile", "stamping.cnf",
                 "-extensions", "stamping")  # fmt: skip
        self.certificate = (folder / "ca.pem").read_bytes()

    def answer(self, path: str, body: bytes) -> bytes:
        """Return the stamp of a request."""
        (self.folder / "request.tsq").write_bytes(body)
        _openssl(self.folder, "ts", "-reply", "-queryfile", "request.tsq", "-out", "answer.tsr",
                 "-config", "stamping.cnf", "-section", "here", "-signer", "stamping.pem",
                 "-inkey", "stamping.key")  # fmt: skip
        return (self.folder / "answer.tsr").read_bytes()


@contextmanager
def served(answer: Callable[[str, bytes], bytes], status: int = 200, location: str = "") -> Iterator[str]:
    """Serve what answers a POST, or a GET after a redirect; return the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = answer(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST

        def log_message(self, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> list[Authority]:
    pytest.importorskip("rfc3161_client")
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here (apt-get install openssl): no time stamp of an authority is made")
    folder = tmp_path_factory.mktemp("tsa")
    return [Authority(folder / name, name) for name in ("one", "two")]


@pytest.fixture
def files() -> dict[str, bytes]:
    return made("recorded", {"x": Part(b"x")}, {}, Making("0.1.0"))


def test_stamps_of_two_authorities(authorities: list[Authority], files: dict[str, bytes]) -> None:
    one, two = authorities
    with served(one.answer) as first, served(two.answer) as second:
        stamps = stamped(files, [first, second], [])
    assert sorted(stamps) == [
        "seals/0002.json", "timestamps/127.0.0.1-2.tsr", "timestamps/127.0.0.1.tsr",
    ]  # fmt: skip
    package = opened(packed(with_act(files, Act("time-stamped", "me"), stamps)))
    assert exit_code(integrity(package)) == 0
    both = {"one": one.certificate, "two": two.certificate}
    steps = list(timestamps.steps(package, both))
    assert [step.outcome for step in steps] == [Outcome.AGREES, Outcome.AGREES]
    assert all("existed at 20" in step.message for step in steps)
    steps = list(timestamps.steps(package, {"one": one.certificate}))
    assert sorted(step.outcome for step in steps) == [Outcome.AGREES, Outcome.UNCHECKED]
    steps = list(timestamps.steps(package, {}))
    assert {step.outcome for step in steps} == {Outcome.UNCHECKED}
    assert all("--authority" in step.message for step in steps)


def test_the_stamp_of_another_manifest_is_named(
    authorities: list[Authority], files: dict[str, bytes]
) -> None:
    with served(authorities[0].answer) as url:
        stamps = stamped(with_act(files, Act("noted")), [url], [])
    package = opened(packed(with_act(files, Act("time-stamped"), {**stamps, **next_seal(files)})))
    (step,) = timestamps.steps(package, {"one": authorities[0].certificate})
    assert step.outcome is Outcome.DIFFERS
    assert step.place == "timestamps/127.0.0.1.tsr"
    assert "something else" in step.message


def test_a_stamp_that_was_changed_never_agrees(authorities: list[Authority], files: dict[str, bytes]) -> None:
    with served(authorities[0].answer) as url:
        stamps = stamped(files, [url], [])
    whole = with_act(files, Act("time-stamped", "me"), stamps)
    name, token = next(one for one in stamps.items() if one[0].endswith(".tsr"))
    for at in range(0, len(token), 37):
        changed = bytearray(token)
        changed[at] ^= 4
        package = opened(packed({**whole, name: bytes(changed)}))
        list(timestamps.steps(package, {"one": authorities[0].certificate}))
        assert any(s.place == name and s.outcome is Outcome.DIFFERS for s in integrity(package))


@pytest.mark.parametrize("answer", [b"", b"x" * 100, b"\x30\x03\x02\x01\x02", bytes(2 << 20)])
def test_an_authority_that_answers_something_else(answer: bytes, files: dict[str, bytes]) -> None:
    pytest.importorskip("rfc3161_client")
    with served(lambda path, body: answer) as url, pytest.raises(FeedError):
        stamped(files, [url], [])


def test_nobody_there(files: dict[str, bytes]) -> None:
    pytest.importorskip("rfc3161_client")
    with served(lambda path, body: b"") as url:
        gone = url
    with pytest.raises(FeedError, match="no answer"):
        stamped(files, [gone], [])
    for wrong in ("file:///etc/passwd", "ftp://x/", "x", "http://"):
        with pytest.raises(ConfigError, match="http"):
            stamped(files, [wrong], [])


@pytest.mark.parametrize(
    "inwards", ["http://169.254.169.254/x", "http://2852039166/", "http://[::ffff:a9fe:a9fe]/"]
)
def test_no_credentials_of_a_cloud_are_asked(inwards: str, files: dict[str, bytes]) -> None:
    with pytest.raises(FeedError, match="metadata"):
        stamped(files, [], [inwards])


def test_a_redirect_is_not_followed(files: dict[str, bytes]) -> None:
    asked: list[str] = []

    def noted(path: str, _: bytes) -> bytes:
        asked.append(path)
        return b""

    with served(noted) as inner:
        for status in (301, 302, 303, 307, 308):
            with (
                served(lambda path, body: b"", status, inner) as outer,
                pytest.raises(FeedError, match="redirects are not followed"),
            ):
                stamped(files, [], [outer])
    assert asked == []


def _calendar(pending: bool) -> Callable[[str, bytes], bytes]:
    """Return a calendar that promises, or says that it has put the digest into block 700,000."""
    from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
    from opentimestamps.core.op import OpAppend, OpSHA256
    from opentimestamps.core.serialize import BytesSerializationContext
    from opentimestamps.core.timestamp import Timestamp

    def answer(path: str, body: bytes) -> bytes:
        assert path == "/digest"
        stamp = Timestamp(body)
        end = stamp.ops.add(OpAppend(b"salt")).ops.add(OpSHA256())
        end.attestations.add(
            PendingAttestation("https://calendar.example")
            if pending
            else BitcoinBlockHeaderAttestation(700_000)
        )
        out = BytesSerializationContext()
        stamp.serialize(out)
        return bytes(out.getbytes())

    return answer


@pytest.mark.parametrize("pending", [True, False])
def test_an_opentimestamps_proof(pending: bool, files: dict[str, bytes]) -> None:
    pytest.importorskip("opentimestamps")
    with served(_calendar(pending)) as url:
        proofs = stamped(files, [], [url])
    package = opened(packed(with_act(files, Act("time-stamped", "me"), proofs)))
    commits, attested = timestamps.steps(package, {})
    assert commits.outcome is Outcome.AGREES
    assert attested.outcome is Outcome.UNCHECKED
    if pending:
        assert "calendar.example, not yet" in attested.message
    else:
        digest = hashlib.sha256(proofs["seals/0002.json"]).digest()
        root = hashlib.sha256(digest + b"salt").digest()[::-1].hex()
        assert f"block 700000 has to be {root}" in attested.message


def test_the_proof_of_another_manifest_is_named(files: dict[str, bytes]) -> None:
    pytest.importorskip("opentimestamps")
    with served(_calendar(True)) as url:
        proofs = stamped(with_act(files, Act("noted")), [], [url])
    whole = with_act(files, Act("time-stamped"), {**proofs, **next_seal(files)})
    (step,) = timestamps.steps(opened(packed(whole)), {})
    assert step.outcome is Outcome.DIFFERS


@pytest.mark.parametrize("data", [b"", b"x", b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94"])
def test_what_is_no_stamp_is_named(data: bytes, files: dict[str, bytes]) -> None:
    pytest.importorskip("opentimestamps")
    pytest.importorskip("rfc3161_client")
    for name in ("timestamps/a.ots", "timestamps/a.tsr", "timestamps/a.txt"):
        more = {name: data, **next_seal(files)}
        (step,) = timestamps.steps(opened(packed(with_act(files, Act("time-stamped"), more))), {})
        assert (step.outcome, step.place) == (Outcome.DIFFERS, name)


def test_a_stamp_is_of_all_that_was_done_before_it(
    authorities: list[Authority], files: dict[str, bytes]
) -> None:
    """Whoever cuts off what was done before the stamp has the stamp of something else."""
    received = with_act(files, Act("received", "C"))
    with served(authorities[0].answer) as url:
        stamps = stamped(received, [url], [])
    whole = with_act(received, Act("time-stamped", "me"), stamps)
    trusted = {"one": authorities[0].certificate}
    (step,) = timestamps.steps(opened(packed(whole)), trusted)
    assert step.outcome is Outcome.AGREES
    token = {name: data for name, data in stamps.items() if name.endswith(".tsr")}
    forged = with_act(files, Act("time-stamped", "me"), {**token, **next_seal(files)})
    (step,) = timestamps.steps(opened(packed(forged)), trusted)
    assert (step.outcome, "something else" in step.message) == (Outcome.DIFFERS, True)
    (step,) = timestamps.steps(opened(packed({**files, **stamps})), trusted)
    assert (step.outcome, "no act sealed it" in step.message) == (Outcome.DIFFERS, True)
