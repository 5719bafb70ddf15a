"""Photon OS."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="photon",
    title="Photon OS",
    licence="CC-BY-4.0",
    reads="assay.feeds.photon.parse:read",
    proof=Proof.SYNTHETIC,
    origin="rows in the form of cve_data_photon",
    downloads=(
        Download("https://packages.vmware.com/photon/photon_cve_metadata/cve_data_photon3.0.json"),
        Download("https://packages.vmware.com/photon/photon_cve_metadata/cve_data_photon4.0.json"),
        Download("https://packages.vmware.com/photon/photon_cve_metadata/cve_data_photon5.0.json"),
    ),
    files=("cve_data_photon*.json",),
    ecosystems=("Photon OS",),
    default=True,
    marks=(frozenset(("cve_id", "pkg", "aff_ver")),),
    authority=80,
)
