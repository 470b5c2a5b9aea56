"""From a claim ledger to the result that people read."""
