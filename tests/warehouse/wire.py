"""Arrow tables as the Thrift interface carries them: column descriptions, row sets."""

from __future__ import annotations

import pyarrow as pa
from databricks.sql.thrift_api.TCLIService import ttypes as t

_TYPES = {
    pa.bool_(): t.TTypeId.BOOLEAN_TYPE,
    pa.int8(): t.TTypeId.TINYINT_TYPE,
    pa.int16(): t.TTypeId.SMALLINT_TYPE,
    pa.int32(): t.TTypeId.INT_TYPE,
    pa.int64(): t.TTypeId.BIGINT_TYPE,
    pa.float32(): t.TTypeId.FLOAT_TYPE,
    pa.float64(): t.TTypeId.DOUBLE_TYPE,
    pa.date32(): t.TTypeId.DATE_TYPE,
    pa.binary(): t.TTypeId.BINARY_TYPE,
    pa.null(): t.TTypeId.NULL_TYPE,
    pa.string(): t.TTypeId.STRING_TYPE,
}


def metadata(table: pa.Table) -> t.TGetResultSetMetadataResp:
    """Describe a result."""
    return t.TGetResultSetMetadataResp(
        status=t.TStatus(statusCode=t.TStatusCode.SUCCESS_STATUS),
        schema=t.TTableSchema(columns=[_column(place, field) for place, field in enumerate(table.schema, 1)]),
        resultFormat=t.TSparkRowSetType.ARROW_BASED_SET,
        lz4Compressed=False,
        arrowSchema=table.schema.serialize().to_pybytes(),
    )


def rows(table: pa.Table, start: int, most: int) -> t.TFetchResultsResp:
    """Return the rows from `start`, at most so many."""
    part = table.slice(start, most)
    batches = [
        t.TSparkArrowBatch(batch=batch.serialize().to_pybytes(), rowCount=batch.num_rows) for batch in part.to_batches()
    ]
    return t.TFetchResultsResp(
        status=t.TStatus(statusCode=t.TStatusCode.SUCCESS_STATUS),
        hasMoreRows=start + part.num_rows < table.num_rows,
        resultSetMetadata=metadata(table),
        results=t.TRowSet(startRowOffset=start, rows=[], arrowBatches=batches),
    )


def _column(place: int, field: pa.Field) -> t.TColumnDesc:
    kind, qualifiers = _TYPES.get(field.type), None
    if kind is None and pa.types.is_decimal(field.type):
        kind = t.TTypeId.DECIMAL_TYPE
        digits = {"precision": field.type.precision, "scale": field.type.scale}
        qualifiers = t.TTypeQualifiers({name: t.TTypeQualifierValue(i32Value=value) for name, value in digits.items()})
    elif kind is None and pa.types.is_timestamp(field.type):
        kind = t.TTypeId.TIMESTAMP_TYPE
    elif kind is None:  # arrays, maps and structs travel as Arrow; the description has no better word for them
        kind = t.TTypeId.STRING_TYPE
    entry = t.TTypeEntry(primitiveEntry=t.TPrimitiveTypeEntry(type=kind, typeQualifiers=qualifiers))
    return t.TColumnDesc(columnName=field.name, position=place, typeDesc=t.TTypeDesc([entry]))
