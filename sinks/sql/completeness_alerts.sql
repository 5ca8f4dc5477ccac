SELECT alert, name, share, threshold, usual, found, total FROM headcount.completeness_alerts
