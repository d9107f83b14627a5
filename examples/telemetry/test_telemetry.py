"""What a test suite of one's own uses of codegen."""

from hypothesis import given
from telemetry import PACKET

from codegen.testing import Result, check, decode, encode, frames, packets, vectors


def test_the_emitted_c() -> None:
    check(PACKET)


@given(packets(PACKET))
def test_an_urgent_reading_differs_in_one_bit(sample) -> None:
    urgent, other = (
        encode(PACKET, sample.values | {"urgent": bit}, sample.length) for bit in (1, 0)
    )
    assert urgent[42] ^ other[42] == 1


@given(frames(PACKET))
def test_every_frame_is_valid(frame) -> None:
    assert decode(PACKET, frame).result is Result.VALID


@vectors("vectors.json")
def test_the_gateway_sends_the_same(vector) -> None:
    assert encode(PACKET, vector.values, len(vector.frame)) == vector.frame
