"""The pages of imports and exports, one module a kind of file."""

from exchange.views.departures import (
    departure_import_confirm,
    departure_import_list,
    departure_import_mapping,
    departure_import_progress,
    departure_import_rejected,
    departure_import_sheet,
)
from exchange.views.exports import (
    export_cancel,
    export_create,
    export_download,
    export_list,
    export_progress,
)
from exchange.views.rosters import (
    roster_import_list,
    roster_import_makings,
    roster_import_mapping,
    roster_import_preview,
    roster_import_progress,
    roster_import_rejected,
    roster_import_sheet,
)
from exchange.views.usage import (
    usage_import_confirm,
    usage_import_list,
    usage_import_mapping,
    usage_import_progress,
    usage_import_rejected,
    usage_import_sheet,
)

__all__ = [
    "departure_import_confirm",
    "departure_import_list",
    "departure_import_mapping",
    "departure_import_progress",
    "departure_import_rejected",
    "departure_import_sheet",
    "export_cancel",
    "export_create",
    "export_download",
    "export_list",
    "export_progress",
    "roster_import_list",
    "roster_import_makings",
    "roster_import_mapping",
    "roster_import_preview",
    "roster_import_progress",
    "roster_import_rejected",
    "roster_import_sheet",
    "usage_import_confirm",
    "usage_import_list",
    "usage_import_mapping",
    "usage_import_progress",
    "usage_import_rejected",
    "usage_import_sheet",
]
