"""Checks lines of JSON against a published schema: `check.py otlp FILE` or `check.py ocsf FILE`. Prints how many were good."""

import json
import sys

kind, path = sys.argv[1:]
lines = open(path, encoding="utf-8").read().splitlines()
bad = []

if kind == "otlp":
    # Refuses unknown names and wrong types, as the mapping of proto3 to JSON asks.
    from google.protobuf import json_format
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    def problems(line):
        try:
            request = json_format.Parse(line, ExportLogsServiceRequest(), ignore_unknown_fields=False)
            again = ExportLogsServiceRequest()
            again.ParseFromString(request.SerializeToString())
            records = again.resource_logs[0].scope_logs[0].log_records
            if again != request or len(records) == 0 or any(record.time_unix_nano == 0 for record in records):
                yield "it does not survive its own binary form"
        except json_format.ParseError as error:
            yield str(error)

else:
    import jsonschema
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0")).get_class_schema(
        class_name="detection_finding", profiles=["security_control"]
    )
    validator = jsonschema.Draft202012Validator(schema)

    def problems(line):
        for error in validator.iter_errors(json.loads(line)):
            yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"


for number, line in enumerate(lines, 1):
    bad += [f"line {number}: {problem}" for problem in problems(line)]
for problem in bad[:20]:
    print(problem, file=sys.stderr)
print(len(lines))
sys.exit(1 if bad or not lines else 0)
