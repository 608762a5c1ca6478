"""audit/: who changed what from what to what."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from apps.accounts import selectors
from apps.accounts.models import AuditEntry
from apps.accounts.roles import May
from apps.api.base import Listed
from apps.api.filters import filterset, period


class AuditShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    action = serializers.CharField()
    target = serializers.CharField()
    before = serializers.DictField()
    after = serializers.DictField()


AuditFilter = filterset(AuditEntry, period("at"))


class Audit(Listed):
    see = do = May.SEE_AUDIT
    serializer_class = AuditShape
    filterset_class = AuditFilter
    ordering = ("-at", "-id")
    model = AuditEntry

    def rows(self) -> QuerySet[AuditEntry]:
        return selectors.audit_entries(account_id=self.account_id)
