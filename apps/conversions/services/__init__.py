"""Results are written here: the people whose facts changed are judged again."""

from apps.conversions.services.judging import BUCKETS, Judged, judge
from apps.conversions.services.purging import purge_conversions

__all__ = ["BUCKETS", "Judged", "judge", "purge_conversions"]
