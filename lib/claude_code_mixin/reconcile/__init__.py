"""A month of recorded spend beside an exported invoice or usage report, model by model."""
