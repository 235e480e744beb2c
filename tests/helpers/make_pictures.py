"""Builders of picture files: sound ones of every odd kind, and bad ones of every kind known to us.

All begin with one drawing of four coloured quarters, so that a test can say what should come out:
red above green, blue, yellow (left above, right above, left below, right below).
"""

import io
import os
import socket
import struct
import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin, features

COLOURS = np.array([[(200, 40, 30), (40, 160, 60)], [(50, 70, 210), (235, 220, 60)]], np.uint8)
ORIENTATION = 0x0112
# EXIF's value: what to do to the upright picture so that the tag undoes it.
LAID_DOWN = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quarters(width=48, height=32):
    """Return the drawing, an RGB picture."""
    rows = np.arange(height) * 2 // height
    columns = np.arange(width) * 2 // width
    return Image.fromarray(COLOURS[rows][:, columns])


def encode(picture, kind, **options):
    """Return a picture as the bytes of a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


# ---- sound, but odd


@dataclass(frozen=True)
class Odd:
    """A file that must load: its name, its bytes, the four colours, how far they may be off."""

    name: str
    content: bytes
    colours: np.ndarray
    off: int = 12


def luma(colours=COLOURS):
    """Return the grey values of colours as Pillow computes them (ITU-R 601-2), as RGB."""
    grey = np.rint(colours @ np.array([0.299, 0.587, 0.114]))
    return np.repeat(grey[..., None], 3, axis=-1)


def odd_files():
    """Return the sound files, by what is odd about them."""
    rgb = quarters()
    grey = rgb.convert("L")
    deep = np.asarray(grey).astype(np.uint16) * 256 + 99  # the low byte is not the high one
    black_and_white = np.where(luma() < 110, 0.0, 255.0)
    hole = rgb.copy()  # transparent in the first quarter
    hole.putalpha(Image.fromarray(np.where(np.asarray(rgb)[..., 0] == 200, 0, 255).astype("uint8")))
    with_hole = COLOURS.astype(float).copy()
    with_hole[0, 0] = 255
    half = rgb.copy()
    half.putalpha(128)
    on_white = 255 - (255.0 - COLOURS) * 128 / 255
    others = [Image.new("RGB", rgb.size, colour) for colour in ("black", "white")]
    one_bit = grey.point(lambda value: 255 * (value >= 110)).convert("1")
    lab = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    clear = np.asarray(grey)[0, 0]
    grey_hole = luma()
    grey_hole[0, 0] = 255
    jpeg, cmyk = encode(rgb, "JPEG", quality=95), rgb.convert("CMYK")
    found = {
        "CMYK JPEG": ("a.jpg", encode(cmyk, "JPEG", quality=95), COLOURS),
        "YCCK JPEG": ("a.jpg", ycck(rgb), COLOURS),
        "CMYK TIFF": ("a.tif", encode(cmyk, "TIFF"), COLOURS),
        "palette": ("a.png", encode(rgb.quantize(16), "PNG"), COLOURS),
        "palette with a hole": ("a.png", encode(hole.quantize(16), "PNG"), with_hole),
        "palette with a clear colour": ("a.gif", clear_gif(rgb), with_hole),
        "grey with a hole": ("a.png", encode(hole.convert("LA"), "PNG"), grey_hole),
        "grey with a clear value": (
            "a.png",
            encode(grey, "PNG", transparency=int(clear)),
            grey_hole,
        ),
        "clear colour": ("a.png", encode(rgb, "PNG", transparency=(200, 40, 30)), with_hole),
        "half transparent": ("a.png", encode(half, "PNG"), on_white),
        "one bit": ("a.png", encode(one_bit, "PNG"), black_and_white),
        "one bit TIFF": ("a.tif", encode(one_bit, "TIFF", compression="group4"), black_and_white),
        "grey JPEG": ("a.jpg", encode(grey, "JPEG", quality=95), luma()),
        "16 bits grey PNG": ("a.png", encode(Image.fromarray(deep), "PNG"), luma()),
        "16 bits grey TIFF": ("a.tif", encode(Image.fromarray(deep), "TIFF"), luma()),
        "16 bits grey, high byte first": ("a.tif", high_byte_first(deep), luma()),
        "16 bits grey PGM": ("a.pgm", pgm_of_16_bits(deep), luma()),
        "16 bits colour PNG": ("a.png", png_of_16_bits(rgb), COLOURS),
        "32 bits grey": ("a.tif", encode(Image.fromarray(deep.astype("int32")), "TIFF"), luma()),
        "floating point": (
            "a.tif",
            encode(Image.fromarray(np.asarray(grey, "float32") / 255), "TIFF"),
            luma(),
        ),
        "LAB": ("a.tif", encode(lab, "TIFF"), COLOURS),
        "YCbCr": ("a.tif", encode(rgb.convert("YCbCr"), "TIFF"), COLOURS),
        "TIFF of JPEG": ("a.tif", encode(rgb, "TIFF", compression="jpeg", quality=95), COLOURS),
        "TIFF of LZW": ("a.tif", encode(rgb, "TIFF", compression="tiff_lzw"), COLOURS),
        "two pages": ("a.tif", encode(rgb, "TIFF", save_all=True, append_images=others), COLOURS),
        "moving GIF": ("a.gif", encode(rgb, "GIF", save_all=True, append_images=others), COLOURS),
        "moving PNG": ("a.png", encode(rgb, "PNG", save_all=True, append_images=others), COLOURS),
        "progressive": ("a.jpg", encode(rgb, "JPEG", progressive=True, quality=95), COLOURS),
        "two views (MPO)": (
            "a.jpg",
            encode(rgb, "MPO", save_all=True, append_images=others),
            COLOURS,
        ),
        "BMP": ("a.bmp", encode(rgb, "BMP"), COLOURS),
        "PPM": ("a.ppm", encode(rgb, "PPM"), COLOURS),
        "ICO": ("a.ico", encode(rgb.resize((48, 48)), "ICO", sizes=[(16, 16), (48, 48)]), COLOURS),
        "name of another type": ("a.jpg", encode(rgb, "PNG"), COLOURS),
        "name without an ending": ("a", jpeg, COLOURS),
        "ending in capitals": ("A.JPG", jpeg, COLOURS),
        "bytes behind the end": ("a.jpg", jpeg + b"advertisement" * 99, COLOURS),
        "damaged EXIF": ("a.jpg", with_exif(jpeg, b"Exif\0\0II*\0\xff\xff\xff\x7f" * 3), COLOURS),
        "damaged EXIF of a PNG": ("a.png", png_with_exif(rgb, b"no such thing"), COLOURS),
        "EXIF of a strange type": ("a.jpg", with_exif(jpeg, odd_orientation()), COLOURS),
        "one row": ("a.png", encode(rgb.resize((5000, 2), 0).crop((0, 0, 5000, 1)), "PNG"), None),
        "one column": (
            "a.png",
            encode(rgb.resize((2, 5000), 0).crop((0, 0, 1, 5000)), "PNG"),
            None,
        ),
        "one pixel": ("a.png", encode(Image.new("RGB", (1, 1), (9, 99, 199)), "PNG"), None),
        "sixty million pixels": ("a.jpg", encode(quarters(10000, 6000), "JPEG"), COLOURS),
    }
    for value in range(1, 9):
        found[f"turned JPEG {value}"] = ("a.jpg", turned(rgb, value, "JPEG", quality=95), COLOURS)
    for kind, name in (("PNG", "a.png"), ("TIFF", "a.tif")):
        found[f"turned {kind}"] = (name, turned(rgb, 6, kind), COLOURS)
    deep_turned = turned(Image.fromarray(deep), 6, "PNG")
    found["turned PNG of 16 bits"] = ("a.png", deep_turned, luma())
    if features.check("webp"):
        moving = encode(rgb, "WEBP", save_all=True, append_images=others, lossless=True)
        found["moving WebP"] = ("a.webp", moving, COLOURS)
        found["WebP with a hole"] = ("a.webp", encode(hole, "WEBP", lossless=True), with_hole)
        found["turned WebP"] = ("a.webp", turned(rgb, 6, "WEBP", lossless=True), COLOURS)
    if features.check("avif"):
        found["AVIF"] = ("a.avif", encode(rgb, "AVIF", quality=95), COLOURS)
    if features.check("jpg_2000"):
        found["JPEG 2000"] = ("a.jp2", encode(rgb, "JPEG2000"), COLOURS)
    return {key: Odd(*value) for key, value in found.items()}


def turned(picture, value, kind, **options):
    """Store a picture lying as a camera would, with the tag that says how to see it upright."""
    exif = Image.Exif()
    exif[ORIENTATION] = value
    if LAID_DOWN[value] is not None:
        picture = picture.transpose(LAID_DOWN[value])
    return encode(picture, kind, exif=exif, **options)


def with_exif(jpeg, content):
    """Put a block of EXIF behind a JPEG's first marker."""
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def odd_orientation():
    """Return EXIF whose orientation is three fractions instead of one whole number."""
    entry = struct.pack("<HHII", ORIENTATION, 5, 3, 26)
    return b"Exif\0\0" + b"II*\0\x08\0\0\0\x01\0" + entry + b"\0" * 4 + struct.pack("<6I", *[1] * 6)


def ycck(rgb):
    """Return a JPEG as Photoshop writes CMYK: inverted, as brightness, two colours and black.

    Pillow writes CMYK as it is, with Adobe's mark saying so. We hand it the four channels already
    turned into YCCK, and change the mark.
    """
    inks = ImageOps.invert(rgb)  # cyan is the lack of red
    three = inks.convert("YCbCr").split()
    black = Image.new("L", rgb.size, 255)  # inverted: no black ink
    planes = [Image.eval(plane, lambda value: 255 - value) for plane in (*three, black)]
    content = bytearray(encode(Image.merge("CMYK", planes), "JPEG", quality=95))
    place = content.index(b"Adobe")
    assert content[place + 11] == 0  # "as it is"
    content[place + 11] = 2
    return bytes(content)


def clear_gif(rgb):
    """Return a GIF in which the first quarter's colour counts as transparent."""
    picture = rgb.quantize(8)
    return encode(picture, "GIF", transparency=picture.getpixel((0, 0)))


def high_byte_first(deep, channels=1):
    """Return a big-endian TIFF of 16-bit grey, written by hand."""
    height, width = deep.shape
    pixels = deep.astype(">u2").tobytes()
    values = {
        256: (3, width), 257: (3, height), 258: (3, 16), 259: (3, 1), 262: (3, 1),
        273: (4, 8), 277: (3, channels), 278: (3, height), 279: (4, len(pixels)),
    }  # fmt: skip
    content = b"MM\0*" + struct.pack(">I", 8 + len(pixels)) + pixels
    content += struct.pack(">H", len(values))
    for tag, (kind, value) in values.items():
        content += struct.pack(">HHI", tag, kind, 1)
        content += struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value)
    return content + b"\0" * 4


def pgm_of_16_bits(deep):
    """Return a PGM of 16-bit grey, written by hand."""
    return b"P5 %d %d 65535\n" % deep.shape[::-1] + deep.astype(">u2").tobytes()


def png(width, height, depth, colour, lines):
    """Return a PNG written by hand. `lines` are the uncompressed rows, each after a zero."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    blocks = [(b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_block(*block) for block in blocks)


def png_block(name, content):
    """Return one block of a PNG, with its length and checksum."""
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def png_with_exif(rgb, exif):
    """Return a PNG with a block of EXIF behind its head."""
    content = encode(rgb, "PNG")
    return content[:33] + png_block(b"eXIf", exif) + content[33:]


def png_of_16_bits(rgb):
    """Return a PNG with 16 bits for each colour."""
    deep = np.asarray(rgb).astype(">u2") * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    return png(rgb.width, rgb.height, 16, 2, rows)


# ---- bad


def bad_files():
    """Return bad files: by file name, the bytes and a word that the reason must have."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    rgb, noisy = quarters(), Image.fromarray(noise)
    jpeg, whole = encode(noisy, "JPEG"), encode(noisy, "PNG")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("word/document.xml", "<document/>")
    text_bomb = PngImagePlugin.PngInfo()
    text_bomb.add_text("Comment", " " * 2**26, zip=True)
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 0xFF
    nan = np.full((8, 8), np.nan, np.float32)
    any_numbers = np.linspace(-7, 900, 64, dtype="float32").reshape(8, 8)
    large = np.arange(64, dtype="int32").reshape(8, 8) << 20
    found = {
        "empty.jpg": (b"", "empty"),
        "text.jpg": (b"a shopping list\n", "text"),
        "umlaut.jpg": ("Bücher für Anna, Zoë und Łukasz\n".encode(), "text"),
        "pointer.jpg": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "text"),
        "page.jpg": (b"<html><body>404 not found</body></html>", "web page"),
        "page2.jpg": (b"\n\n  <!DOCTYPE HTML>\n<title>Log in</title>", "web page"),
        "denied.jpg": (b'<?xml version="1.0"?><Error>AccessDenied</Error>', "text"),
        "drawing.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "text"),
        "scan.jpg": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        "letter.jpg": (archive.getvalue(), "archive"),
        "packed.png": (b"\x1f\x8b\x08\0" + bytes(range(99)), "archive"),
        "IMG_1.HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "HEIC"),
        "IMG_2.jpg": (b"\0\0\0\x18ftypmif1\0\0\0\0heic" + bytes(99), "HEIC"),
        "film.jpg": (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(99), "video"),
        "film2.jpg": (b"RIFF\x24\0\0\0AVI LIST" + bytes(99), "video"),
        "film3.jpg": (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01" + bytes(99), "video"),
        "noise.jpg": (noise.tobytes()[:5000], "not a picture"),
        "document.jpg": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "not a picture"),
        "program.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "text"),
        "bitmap.xbm": (
            b"#define a_width 8\n#define a_height 1\nstatic char a_bits[] = {1};\n",
            "text",
        ),
        "zeros.jpg": (bytes(4096), "not a picture"),
        "two bytes.jpg": (b"\xff\xd8", "damaged"),
        "cut.jpg": (jpeg[: len(jpeg) // 2], "cut off"),
        "cut.png": (whole[: len(whole) // 2], "cut off"),
        "cut.gif": (encode(noisy, "GIF")[:3000], "cut off"),
        "cut.bmp": (encode(noisy, "BMP")[:3000], "cut off"),
        "cut.tif": (encode(noisy, "TIFF")[:3000], "cut off"),
        "cut.ppm": (encode(noisy, "PPM")[:3000], "cut off"),
        "head only.png": (whole[:33], "damaged"),
        "garbage inside.jpg": (jpeg[:20] + noise.tobytes()[:3000], "cut off"),
        "no marker.jpg": (b"\xff\xd8\xff\xe0" + b"garbage" * 99, "cut off"),
        "wrong checksum.png": (bytes(broken), "damaged"),
        "no pixels.png": (png(0, 0, 8, 2, b""), "damaged"),
        "wrong pixels.png": (png(48, 32, 8, 2, b"\0" * 99), "cut off"),
        "no such depth.png": (png(8, 8, 3, 2, bytes(800)), "damaged"),
        "head.tif": (b"II*\0\x08\0\0\0\0\0\0\0\0\0", "damaged"),
        "channels.tif": (high_byte_first(np.zeros((9, 9)), channels=99), "damaged"),
        "circle.tif": (b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "damaged"),
        "head.gif": (b"GIF89a\x01\0", "damaged"),
        "head.bmp": (b"BM" + bytes(60), "damaged"),
        "long text.png": (encode(rgb, "PNG", pnginfo=text_bomb), "damaged"),
        "no numbers.tif": (encode(Image.fromarray(nan), "TIFF"), "white is unknown"),
        "any numbers.tif": (encode(Image.fromarray(any_numbers), "TIFF"), "white is unknown"),
        "large numbers.tif": (encode(Image.fromarray(large), "TIFF"), "white is unknown"),
        "giant.png": (png(60_000, 60_000, 1, 0, b""), "too many"),
        "giant.gif": (b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08\0", "too many"),
        "bomb.png": (png(9000, 9000, 1, 0, bytes(9000 * (1 + 9000 // 8))), "too many"),
    }
    found["giant.jpg"] = (progressive_bomb(), "too many")
    if features.check("webp"):
        webp = encode(noisy, "WEBP")
        found["cut.webp"] = (webp[: len(webp) // 2], "damaged")
        found["head.webp"] = (webp[:16], "damaged")
    if features.check("avif"):
        avif = encode(noisy, "AVIF")
        found["cut.avif"] = (avif[: len(avif) // 2], "damaged")
    return found


def progressive_bomb():
    """Return a progressive JPEG that says it has 169 million pixels, of which none follow."""
    small = bytearray(encode(Image.new("RGB", (16, 16)), "JPEG", progressive=True))
    place = small.index(b"\xff\xc2") + 5
    small[place : place + 4] = struct.pack(">HH", 13_000, 13_000)
    return bytes(small)


def bad_things(place):
    """Make in a folder what is no file at all, as far as the system allows.

    Returns
    -------
    dict of str to str
        By name, a word that the reason must have.
    """
    (place / "folder.jpg").mkdir()
    found = {"folder.jpg": "folder"}
    try:
        (place / "nowhere.jpg").symlink_to(place / "gone.jpg")
        (place / "circle.jpg").symlink_to(place / "circle.jpg")
        found |= {"nowhere.jpg": "cannot be opened", "circle.jpg": "cannot be opened"}
    except OSError:  # Windows asks for a permission
        pass
    if hasattr(os, "mkfifo"):
        os.mkfifo(place / "pipe.jpg")
        found["pipe.jpg"] = "pipe"
        (place / "endless.jpg").symlink_to("/dev/zero")
        found["endless.jpg"] = "device"
    if hasattr(socket, "AF_UNIX") and len(str(place)) < 90:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(place / "socket.jpg"))
        found["socket.jpg"] = "pipe or a device"
    return found
