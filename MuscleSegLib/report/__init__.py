"""Measures as a person reads them (one HTML file, two printed pages) and as an archive keeps them (DICOM)."""
