"""Measures assay against its peers and a physical floor, as ratios in one run (`make bench`)."""
