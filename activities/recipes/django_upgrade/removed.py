"""What Django no longer has, and django-upgrade does not replace. Source: "Features removed" of each release."""

import ast
import re
from collections.abc import Iterator

from activities.migration.python.program import Row
from activities.migration.python.source import SourceFile

_NAMES: dict[tuple[int, int], dict[str, str]] = {
    (2, 0): {
        "django.core.urlresolvers": "Import from django.urls.",
        "django.template.Context.render_context": "",
        "django.utils.importlib": "Use importlib.",
    },
    (3, 0): {
        "django.shortcuts.render_to_response": "Use render.",
        "django.utils.six": "Use Python 3 alone, or the package six.",
        "django.utils.encoding.python_2_unicode_compatible": "Remove it.",
        "django.utils.lru_cache": "Use functools.",
        "django.utils._os.abspathu": "Use os.path.abspath.",
        "django.utils.decorators.ContextDecorator": "Use contextlib.",
        "django.utils.decorators.available_attrs": "Remove it.",
        "django.contrib.staticfiles.templatetags": "Use django.templatetags.static.",
        "django.contrib.admin.templatetags.admin_static": "Use django.templatetags.static.",
    },
    (4, 0): {
        "django.conf.urls.url": "Use path or re_path of django.urls.",
        "django.utils.encoding.force_text": "Use force_str.",
        "django.utils.encoding.smart_text": "Use smart_str.",
        "django.utils.translation.ugettext": "Use gettext.",
        "django.utils.translation.ugettext_lazy": "Use gettext_lazy.",
        "django.contrib.postgres.fields.JSONField": "Use models.JSONField.",
        "django.contrib.postgres.forms.JSONField": "Use forms.JSONField.",
        "django.db.models.NullBooleanField": "Use BooleanField(null=True).",
        "django.utils.http.is_safe_url": "Use url_has_allowed_host_and_scheme.",
        "django.contrib.auth.views.logout_then_login": "",
    },
    (5, 0): {
        "django.utils.timezone.utc": "Use datetime.timezone.utc.",
        "django.utils.baseconv": "Use the package's own code.",
        "django.utils.datetime_safe": "Use datetime.",
        "django.contrib.gis.admin.OSMGeoAdmin": "Use GISModelAdmin.",
        "django.contrib.gis.admin.GeoModelAdmin": "Use GISModelAdmin.",
        "django.utils.topological_sort": "Use graphlib.",
        "django.db.backends.utils.CursorWrapper.callproc": "",
    },
    (5, 1): {
        "django.contrib.postgres.fields.CICharField": "Use a CharField with db_collation.",
        "django.contrib.postgres.fields.CIEmailField": "Use an EmailField with db_collation.",
        "django.contrib.postgres.fields.CITextField": "Use a TextField with db_collation.",
        "django.core.files.storage.get_storage_class": "Use storages of django.core.files.storage.",
        "django.utils.encoding.DEFAULT_LOCALE_ENCODING": "",
        "django.contrib.auth.hashers.SHA1PasswordHasher": "Use another hasher.",
        "django.contrib.auth.hashers.UnsaltedSHA1PasswordHasher": "Use another hasher.",
        "django.contrib.auth.hashers.UnsaltedMD5PasswordHasher": "Use another hasher.",
    },
    (6, 0): {
        "django.utils.itercompat": "Use collections.abc.Iterable.",
        "django.db.models.sql.datastructures.Join": "",
        "django.contrib.gis.geoip2.GeoIP2.coords": "Use lon_lat.",
    },
}
_SETTINGS: dict[tuple[int, int], dict[str, str]] = {
    (2, 0): {"MIDDLEWARE_CLASSES": "Use MIDDLEWARE."},
    (4, 0): {"DEFAULT_HASHING_ALGORITHM": "Remove it.", "PASSWORD_RESET_TIMEOUT_DAYS": "Use PASSWORD_RESET_TIMEOUT."},
    (5, 0): {"USE_DEPRECATED_PYTZ": "Use zoneinfo.", "USE_L10N": "Remove it.", "CSRF_COOKIE_MASKED": "Remove it."},
    (5, 1): {"DEFAULT_FILE_STORAGE": "Use STORAGES.", "STATICFILES_STORAGE": "Use STORAGES."},
    (6, 0): {"FORMS_URLFIELD_ASSUME_HTTPS": "Remove it."},
}
_METHODS: dict[tuple[int, int], dict[str, str]] = {
    (4, 0): {"is_ajax": 'Compare request.headers.get("x-requested-with") with "XMLHttpRequest".'},
    (5, 1): {"assertQuerysetEqual": "Use assertQuerySetEqual."},
}


def removed_names(file: SourceFile, version: tuple[int, int]) -> Iterator[Row]:
    """A row for each use of what that version no longer has."""
    names = {name: (at, fix) for at, some in _NAMES.items() if at <= version for name, fix in some.items()}
    methods = {name: (at, fix) for at, some in _METHODS.items() if at <= version for name, fix in some.items()}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield from _row(names, f"{node.module}.{alias.name}", node.lineno)
            yield from _row(names, node.module, node.lineno)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _row(names, alias.name, node.lineno)
        elif isinstance(node, ast.Attribute):
            dotted = file.dotted(node)
            if isinstance(node.value, ast.Name) and file.aliases.get(node.value.id, "") in names:
                continue
            yield from _row(names, dotted, node.lineno)
            if not dotted:
                yield from _row(methods, node.attr, node.lineno)
        elif isinstance(node, ast.ClassDef) and node.name == "Meta" and version >= (5, 1):
            for each in node.body:
                if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "index_together":
                    yield Row(
                        each.lineno,
                        "Django 5.1 no longer has index_together.",
                        "Use Meta.indexes, with a migration.",
                        True,
                    )
    yield from _settings(file, version)


def _row(known: dict[str, tuple[tuple[int, int], str]], name: str, line: int) -> Iterator[Row]:
    if name in known:
        (major, minor), fix = known[name]
        yield Row(line, f"Django {major}.{minor} no longer has {name}.", fix or "Replace it.", True)


def _settings(file: SourceFile, version: tuple[int, int]) -> Iterator[Row]:
    if not re.search(r"settings", file.path) and "INSTALLED_APPS" not in file.text:
        return
    known = {name: (at, fix) for at, some in _SETTINGS.items() if at <= version for name, fix in some.items()}
    for node in file.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield from _row(known, node.targets[0].id, node.lineno)
