"""Pictures that are the same: the fingerprint, and the groups that it leads to."""

import io
import os
import tracemalloc
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from course_utils.data import duplicates
from course_utils.data.image_file import decode
from course_utils.data.toys import clothes, digits, pets

NUMBERS = st.integers(0, 40)


@cache
def draw(number):
    return Image.fromarray(pets.draw(number, 64, 7)[0])


def fingerprint(image):
    return duplicates.fingerprint(np.asarray(image))


def encoded(image, quality):
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=quality)
    return Image.open(stored)


def differing(one, other):
    """Return the number of bits in which two hashes differ."""
    return int(np.unpackbits(one[: duplicates.HASH] ^ other[: duplicates.HASH]).sum())


def are_same(one, other):
    return duplicates.groups([b"1", b"2"], [fingerprint(one), fingerprint(other)]) == [[0, 1]]


# ---- the fingerprint


def test_the_hash_is_by_hand_what_it_says():
    rising = np.tile(np.arange(0, 252, 28, dtype=np.uint8), (8, 1))  # 8 rows, 9 columns
    to_the_right, downwards = map(duplicates.fingerprint, (rising, rising.T.copy()))
    bits = np.unpackbits(to_the_right[: duplicates.HASH])
    assert bits[:64].all() and not bits[64:].any()
    bits = np.unpackbits(downwards[: duplicates.HASH])
    assert not bits[:64].any() and bits[64:].all()


def test_the_thumbnail_is_grey_and_stands_behind_the_hash():
    red, grey = np.zeros((2, 32, 32, 3), np.uint8)
    red[..., 0], grey[:] = 200, 60  # 0.299 of 200 is 60
    found = duplicates.fingerprint(red)
    assert found.dtype == np.uint8 and found.shape == (272,)
    assert (found[duplicates.HASH :] == 60).all()
    np.testing.assert_array_equal(found, duplicates.fingerprint(grey))
    np.testing.assert_array_equal(found, duplicates.fingerprint(grey[..., 0]))
    spots = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
    np.testing.assert_array_equal(fingerprint(spots)[duplicates.HASH :], spots.ravel())


@settings(max_examples=25, deadline=None, derandomize=True)
@given(NUMBERS, st.floats(0.93, 1.07), st.integers(85, 100))
def test_a_little_light_and_another_encoding_change_few_bits(number, light, quality):
    image = draw(number)
    changed = encoded(ImageEnhance.Brightness(image).enhance(light), quality)
    assert differing(fingerprint(image), fingerprint(changed)) <= 18
    assert are_same(image, image.resize((96, 96)))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(NUMBERS, NUMBERS)
def test_different_pictures_are_far_apart(one, other):
    images = [draw(one), draw(other)]
    if one != other:
        assert differing(*map(fingerprint, images)) > duplicates.NEAR_BITS
    assert are_same(*images) == (one == other)


def test_most_pictures_that_were_darkened_and_saved_again_are_found():
    images = [draw(number) for number in range(40)]
    darker = [encoded(ImageEnhance.Brightness(image).enhance(0.9), 60) for image in images]
    assert sum(map(are_same, images, darker)) >= 38


def test_two_strokes_on_a_black_ground_are_told_apart_by_their_thumbnails():
    stroke = np.zeros((28, 28), np.uint8)
    stroke[4:24, 13:15] = 255
    other = stroke.copy()
    other[4:7, 8:22] = 255
    assert differing(*map(fingerprint, (stroke, other))) <= duplicates.NEAR_BITS
    assert not are_same(stroke, other)


# ---- groups


def groups_by_the_rule(contents, prints):
    """Group by comparing each picture with each other one, as the docstring says."""
    bits = np.unpackbits(prints[:, :16], axis=1).astype(int)
    grey = prints[:, 16:].astype(np.float64)
    contrast = np.ptp(grey, axis=1) >= duplicates.LEAST_CONTRAST
    grey -= grey.mean(axis=1, keepdims=True)
    grey /= np.maximum(1e-9, np.linalg.norm(grey, axis=1, keepdims=True))
    apart = np.array([(bits != row).sum(axis=1) for row in bits])
    near = (apart <= duplicates.NEAR_BITS) & (grey @ grey.T >= duplicates.LIKENESS)
    near &= contrast[:, None] & contrast
    near |= np.array([[one == other for other in contents] for one in contents])
    found, left = [], set(range(len(contents)))
    while left:
        members, edge = set(), {min(left)}
        while edge:
            members |= edge
            edge = set(np.flatnonzero(near[list(edge)].any(axis=0)).tolist()) - members
        left -= members
        found.append(sorted(members))
    return [members for members in found if len(members) > 1]


def names(count):
    return [str(number).encode() for number in range(count)]


def random_prints(rng, count):
    return rng.integers(0, 256, (count, 272), np.uint8)


def changed(rng, prints, bits, noise):
    """Flip up to `bits` bits of each hash, and add noise to each thumbnail."""
    flips = rng.random((len(prints), 128)).argsort(axis=1)
    flips = np.packbits(flips < rng.integers(0, bits + 1, (len(prints), 1)), axis=1)
    light = rng.integers(-noise, noise + 1, (len(prints), 256), np.int16)
    thumbnails = np.clip(prints[:, 16:] + light, 0, 255).astype(np.uint8)
    return np.concatenate([prints[:, :16] ^ flips, thumbnails], axis=1)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 40),
    copies=st.integers(1, 4),
    bits=st.integers(0, 20),
    noise=st.integers(0, 40),
    heap=st.integers(0, 30),
    tile=st.integers(8, 64),
)
def test_the_same_groups_as_by_comparing_all(seed, count, copies, bits, noise, heap, tile):
    rng = np.random.default_rng(seed)
    prints = np.repeat(random_prints(rng, count), copies, axis=0)
    prints[rng.random(len(prints)) < 0.05, 16:] = 77  # without contrast
    prints = np.concatenate([prints, prints[:1].repeat(heap, axis=0)])  # many times the first one
    prints = changed(rng, prints, bits, noise)
    every = np.arange(len(prints))
    source = np.where(rng.random(len(prints)) < 0.2, rng.permutation(every), every)
    prints = prints[source]  # some are the same file
    contents = [str(number).encode() for number in source]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "TILE", tile)
        assert duplicates.groups(contents, prints) == groups_by_the_rule(contents, prints)


def test_twelve_bits_are_near_and_thirteen_are_not():
    rng = np.random.default_rng(0)
    ones = random_prints(rng, 200)
    for many in range(10, 16):
        flips = np.packbits(rng.random((200, 128)).argsort(axis=1) < many, axis=1)
        others = np.concatenate([ones[:, :16] ^ flips, ones[:, 16:]], axis=1)
        found = duplicates.groups(names(400), np.concatenate([ones, others]))
        assert found == [[k, k + 200] for k in range(200) if many <= duplicates.NEAR_BITS]


def test_what_is_the_same_as_a_third_is_in_its_group(monkeypatch):
    chain = np.tile(random_prints(np.random.default_rng(0), 1), (128, 1))
    chain[:, :16] ^= np.packbits(np.tri(128, dtype=np.uint8), axis=1)  # one bit more at each step
    assert duplicates.groups(names(5), chain[:50:10]) == [[0, 1, 2, 3, 4]]
    assert duplicates.groups(names(3), chain[:50:20]) == []
    monkeypatch.setattr(duplicates, "TILE", 10)
    shuffled = np.random.default_rng(1).permutation(chain)
    assert duplicates.groups(names(128), shuffled) == [list(range(128))]


def test_pictures_without_contrast_are_compared_by_content_alone():
    prints = np.zeros((8, 272), np.uint8)
    prints[2:5, 16:100] = 7  # levels between the lightest spot and the darkest
    prints[5:, 16:100] = 8
    contents = [b"flat", b"flat too", b"a", b"b", b"a", b"c", b"d", b"e"]
    assert duplicates.groups(contents, prints) == [[2, 4], [5, 6, 7]]
    assert duplicates.groups([], []) == []


@pytest.mark.slow
def test_the_same_groups_on_drawings():
    rng = np.random.default_rng(2)
    for make in (digits.make, clothes.make, lambda count: pets.make(count, 64, 5)):
        prints = np.stack([fingerprint(np.squeeze(image)) for image in make(150)[0]])
        prints = np.concatenate([prints, changed(rng, prints[:50], 14, 12)])
        expected = groups_by_the_rule(names(200), prints)
        assert len(expected) > 10
        assert duplicates.groups(names(200), prints) == expected


@pytest.mark.photos
@pytest.mark.skipif("COURSE_TEST_PHOTOS" not in os.environ, reason="no photos on this machine")
def test_the_same_groups_on_photos():
    files = sorted(Path(os.environ["COURSE_TEST_PHOTOS"]).rglob("dog*.jpg"))
    prints = np.stack([duplicates.fingerprint(decode(path, 64)) for path in files])
    expected = groups_by_the_rule(names(len(files)), prints)
    assert len(expected) >= 2  # the same dogs, twice
    assert duplicates.groups(names(len(files)), prints) == expected


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "expected"), [(2, 1), (255, 0)], ids=["film", "unlike"])
def test_a_heap_of_near_pictures_takes_little_memory(noise, expected):
    """The hashes of all pairs are near: noted one by one, 36 million would take half a gigabyte."""
    rng, count = np.random.default_rng(3), 6_000
    prints = changed(rng, np.tile(random_prints(rng, 1), (count, 1)), 5, noise)
    contents = names(count)
    tracemalloc.start()
    found = duplicates.groups(contents, prints)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(members) for members in found] == [count] * expected
    assert most < 150e6


# ---- what is told of a group


def test_a_group_says_where_its_pictures_stand_and_in_what_they_are_the_same():
    places = [(Path(f"{k}.png"), "train", "cat") for k in range(8)]
    places[3] = (Path("3.png"), "test", "cat")
    places[5] = (Path("5.png"), "test", "dog")
    prints = random_prints(np.random.default_rng(0), 4).repeat(2, axis=0)
    contents = [b"0", b"0", b"2", b"2", b"4", b"4", b"6", b"7"]
    groups = duplicates.find(places, contents, prints)
    assert [group.paths for group in groups] == [
        (Path(f"{k}.png"), Path(f"{k + 1}.png")) for k in (0, 2, 4, 6)
    ]
    assert groups[2].splits == ("train", "test") and groups[2].classes == ("cat", "dog")
    assert [group.contradicts for group in groups] == [False, False, True, False]
    assert len({group.where for group in groups}) == 4
    assert [group.exact for group in groups] == [True, True, True, False]
    assert groups[0].how == groups[2].how != groups[3].how


def test_copies_inside_a_group_that_looks_alike_are_a_group_of_their_own():
    """They may be left out; what only looks alike must not be."""
    places = [(Path(f"{k}.png"), "train", "cat") for k in range(3)]
    prints = random_prints(np.random.default_rng(0), 1).repeat(3, axis=0)
    copies, film = duplicates.find(places, [b"0", b"1", b"0"], prints)
    assert (copies.exact, [path.stem for path in copies.paths]) == (True, ["0", "2"])
    assert (film.exact, len(film.paths)) == (False, 3)


def test_what_looks_alike_is_grouped_class_by_class():
    """A still camera makes pictures of all classes look alike; that is no reason to mix them."""
    prints = random_prints(np.random.default_rng(0), 1).repeat(5, axis=0)
    files = [(Path(f"{k}.png"), name) for k, name in enumerate(("fox", "owl", "fox", "owl", "fox"))]
    found = duplicates.alike(files, prints)
    assert [[path.stem for path in group] for group in found] == [["0", "2", "4"], ["1", "3"]]
