# One GPU instance on AWS, its bucket, its role and its budget alarm.
