"""The versions of a workflow: by what a log knows them, and how a demand migrates between them."""
