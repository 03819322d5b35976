"""The bundled content. In a checkout the three folders here are links to those at the root."""
