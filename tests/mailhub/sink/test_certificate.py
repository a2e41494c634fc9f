"""The sink's certificate is good for localhost, for a client that checks it."""

import socket
import ssl
import threading

from mailhub.sink.certificate import self_signed


def test_a_client_that_trusts_it_reaches_localhost_under_tls() -> None:
    certificate, context = self_signed()
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listening.accept()
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(b"hello")

    thread = threading.Thread(target=answer)
    thread.start()
    trusting = ssl.create_default_context(cadata=certificate.decode())
    with (
        socket.create_connection(listening.getsockname(), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        assert secured.recv(5) == b"hello"
    thread.join(10)
    listening.close()


def test_each_is_another() -> None:
    assert self_signed()[0] != self_signed()[0]
