"""The workbench: what is wrong with a formatter, where its values come from, and where it would run."""
