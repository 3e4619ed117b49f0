"""Makes baselines.json: what scikit-learn's PCA, libjpeg and a thumbnail of OpenCV's and Pillow's make of the rectangles images of the training golden.

    python make_baselines_golden.py       (needs numpy, opencv-python, pillow, scikit-learn)

The images are drawn again by both sides from one integer generator, 24x24 of 40 to fit and 8 to score.
"""

import hashlib
import io
import json
import pathlib
import platform

import cv2
import numpy as np
import PIL
import PIL.Image
import sklearn
from sklearn.decomposition import PCA

from seeded_images import Random, rectangles

SIZE = 24
FITTED = 40
SCORED = 8
THUMBNAILS = ((1, 1), (6, 6), (7, 9), (24, 24))


def psnr(original, damaged):
    errors = np.square(original - np.clip(damaged, 0, 1)).reshape(len(original), -1).mean(1)
    return -10 * np.log10(errors)


def scan_bytes(file):
    at = 2
    while file[at + 1] != 0xDA:
        at += 2 + int.from_bytes(file[at + 2 : at + 4], "big")
    return len(file) - (at + 2 + int.from_bytes(file[at + 2 : at + 4], "big"))


def jpeg(image, quality, subsampling):
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=subsampling, optimize=False)
    file = buffer.getvalue()
    decoded = np.asarray(PIL.Image.open(io.BytesIO(file)))
    return {
        "quality": quality,
        "chromaSubsampling": subsampling,
        "scanBytes": scan_bytes(file),
        "psnrDb": float(psnr(image[None] / 255, decoded[None] / 255)[0]),
    }


def pca_psnr(fitted, scored, counts):
    pca = PCA(svd_solver="full").fit(fitted.reshape(len(fitted), -1))
    scored = scored.reshape(SCORED, -1)
    coefficients = pca.transform(scored)
    back = {k: coefficients[:, :k] @ pca.components_[:k] + pca.mean_ for k in counts}
    return pca, {k: psnr(scored, image).tolist() for k, image in back.items()}


def thumbnail(image, size):
    planes = [cv2.resize(plane, size[::-1], interpolation=cv2.INTER_AREA) for plane in np.moveaxis(image, 2, 0)]
    return np.stack([PIL.Image.fromarray(p).resize((SIZE, SIZE), PIL.Image.Resampling.BICUBIC) for p in planes], 2)


def main():
    images = rectangles(Random(11), FITTED + SCORED, SIZE)
    x = images / 255
    fitted, scored = x[:FITTED], x[FITTED:]
    pca, by_components = pca_psnr(fitted, scored, (1, 5, 20, FITTED - 1))
    mirrored, by_mirrored = pca_psnr(np.concatenate([fitted, fitted[:, :, ::-1]]), scored, (1, 5, 20, 60))
    thumbnails = {f"{h}x{w}": np.stack([thumbnail(i.astype(np.float32), (h, w)) for i in scored]) for h, w in THUMBNAILS}
    golden = {
        "made": {
            "by": "make_baselines_golden.py",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "opencv": cv2.__version__,
            "pillow": PIL.__version__,
        },
        "imagesSha256": hashlib.sha256(images.tobytes()).hexdigest(),
        "size": SIZE,
        "fitted": FITTED,
        "scored": SCORED,
        "pcaVariances": pca.explained_variance_[: FITTED - 1].tolist(),
        "pcaPsnrDb": by_components,
        "mirroredVariances": mirrored.explained_variance_[:60].tolist(),
        "mirroredPsnrDb": by_mirrored,
        "thumbnailPsnrDb": {size: psnr(scored, made).tolist() for size, made in thumbnails.items()},
        "jpegOfFirst": [jpeg(images[0], q, s) for q in (10, 50, 95) for s in ("4:4:4", "4:2:0")],
    }
    (pathlib.Path(__file__).parent / "baselines.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
