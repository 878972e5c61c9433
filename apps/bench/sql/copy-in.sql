copy public.inserted (version, schema_version, id, stream, type, data, metadata) from stdin
