"""What the lessons are about: pretrained bases, augmentation, features computed once."""

from course_utils.models import backbones, features
from course_utils.models.augment import RandomAffine

__all__ = ["RandomAffine", "backbones", "features"]
