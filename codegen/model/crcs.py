"""The CRC algorithms of up to 64 bits that have a published name, and their parameters.

Names and parameters are those of G. Cook's "Catalogue of parametrised CRC algorithms"
(reveng.sourceforge.io/crc-catalogue), which describes the notation too.
"""

from __future__ import annotations

from difflib import get_close_matches

from codegen.errors import UsageError, shown
from codegen.model.source import CRC

#: By name, polynomial without its highest term, most significant bit first.
CATALOGUE = (
    CRC("CRC-3/GSM", 3, 0x3, 0x0, False, False, 0x7),
    CRC("CRC-3/ROHC", 3, 0x3, 0x7, True, True, 0x0),
    CRC("CRC-4/G-704", 4, 0x3, 0x0, True, True, 0x0),
    CRC("CRC-4/INTERLAKEN", 4, 0x3, 0xF, False, False, 0xF),
    CRC("CRC-5/EPC-C1G2", 5, 0x9, 0x9, False, False, 0x0),
    CRC("CRC-5/G-704", 5, 0x15, 0x0, True, True, 0x0),
    CRC("CRC-5/USB", 5, 0x5, 0x1F, True, True, 0x1F),
    CRC("CRC-6/CDMA2000-A", 6, 0x27, 0x3F, False, False, 0x0),
    CRC("CRC-6/CDMA2000-B", 6, 0x7, 0x3F, False, False, 0x0),
    CRC("CRC-6/DARC", 6, 0x19, 0x0, True, True, 0x0),
    CRC("CRC-6/G-704", 6, 0x3, 0x0, True, True, 0x0),
    CRC("CRC-6/GSM", 6, 0x2F, 0x0, False, False, 0x3F),
    CRC("CRC-7/MMC", 7, 0x9, 0x0, False, False, 0x0),
    CRC("CRC-7/ROHC", 7, 0x4F, 0x7F, True, True, 0x0),
    CRC("CRC-7/UMTS", 7, 0x45, 0x0, False, False, 0x0),
    CRC("CRC-8/AUTOSAR", 8, 0x2F, 0xFF, False, False, 0xFF),
    CRC("CRC-8/BLUETOOTH", 8, 0xA7, 0x0, True, True, 0x0),
    CRC("CRC-8/CDMA2000", 8, 0x9B, 0xFF, False, False, 0x0),
    CRC("CRC-8/DARC", 8, 0x39, 0x0, True, True, 0x0),
    CRC("CRC-8/DVB-S2", 8, 0xD5, 0x0, False, False, 0x0),
    CRC("CRC-8/GSM-A", 8, 0x1D, 0x0, False, False, 0x0),
    CRC("CRC-8/GSM-B", 8, 0x49, 0x0, False, False, 0xFF),
    CRC("CRC-8/HITAG", 8, 0x1D, 0xFF, False, False, 0x0),
    CRC("CRC-8/I-432-1", 8, 0x7, 0x0, False, False, 0x55),
    CRC("CRC-8/I-CODE", 8, 0x1D, 0xFD, False, False, 0x0),
    CRC("CRC-8/LTE", 8, 0x9B, 0x0, False, False, 0x0),
    CRC("CRC-8/MAXIM-DOW", 8, 0x31, 0x0, True, True, 0x0),
    CRC("CRC-8/MIFARE-MAD", 8, 0x1D, 0xC7, False, False, 0x0),
    CRC("CRC-8/NRSC-5", 8, 0x31, 0xFF, False, False, 0x0),
    CRC("CRC-8/OPENSAFETY", 8, 0x2F, 0x0, False, False, 0x0),
    CRC("CRC-8/ROHC", 8, 0x7, 0xFF, True, True, 0x0),
    CRC("CRC-8/SAE-J1850", 8, 0x1D, 0xFF, False, False, 0xFF),
    CRC("CRC-8/SMBUS", 8, 0x7, 0x0, False, False, 0x0),
    CRC("CRC-8/TECH-3250", 8, 0x1D, 0xFF, True, True, 0x0),
    CRC("CRC-8/WCDMA", 8, 0x9B, 0x0, True, True, 0x0),
    CRC("CRC-10/ATM", 10, 0x233, 0x0, False, False, 0x0),
    CRC("CRC-10/CDMA2000", 10, 0x3D9, 0x3FF, False, False, 0x0),
    CRC("CRC-10/GSM", 10, 0x175, 0x0, False, False, 0x3FF),
    CRC("CRC-11/FLEXRAY", 11, 0x385, 0x1A, False, False, 0x0),
    CRC("CRC-11/UMTS", 11, 0x307, 0x0, False, False, 0x0),
    CRC("CRC-12/CDMA2000", 12, 0xF13, 0xFFF, False, False, 0x0),
    CRC("CRC-12/DECT", 12, 0x80F, 0x0, False, False, 0x0),
    CRC("CRC-12/GSM", 12, 0xD31, 0x0, False, False, 0xFFF),
    CRC("CRC-12/UMTS", 12, 0x80F, 0x0, False, True, 0x0),
    CRC("CRC-13/BBC", 13, 0x1CF5, 0x0, False, False, 0x0),
    CRC("CRC-14/DARC", 14, 0x805, 0x0, True, True, 0x0),
    CRC("CRC-14/GSM", 14, 0x202D, 0x0, False, False, 0x3FFF),
    CRC("CRC-15/CAN", 15, 0x4599, 0x0, False, False, 0x0),
    CRC("CRC-15/MPT1327", 15, 0x6815, 0x0, False, False, 0x1),
    CRC("CRC-16/ARC", 16, 0x8005, 0x0, True, True, 0x0),
    CRC("CRC-16/CDMA2000", 16, 0xC867, 0xFFFF, False, False, 0x0),
    CRC("CRC-16/CMS", 16, 0x8005, 0xFFFF, False, False, 0x0),
    CRC("CRC-16/DDS-110", 16, 0x8005, 0x800D, False, False, 0x0),
    CRC("CRC-16/DECT-R", 16, 0x589, 0x0, False, False, 0x1),
    CRC("CRC-16/DECT-X", 16, 0x589, 0x0, False, False, 0x0),
    CRC("CRC-16/DNP", 16, 0x3D65, 0x0, True, True, 0xFFFF),
    CRC("CRC-16/EN-13757", 16, 0x3D65, 0x0, False, False, 0xFFFF),
    CRC("CRC-16/GENIBUS", 16, 0x1021, 0xFFFF, False, False, 0xFFFF),
    CRC("CRC-16/GSM", 16, 0x1021, 0x0, False, False, 0xFFFF),
    CRC("CRC-16/IBM-3740", 16, 0x1021, 0xFFFF, False, False, 0x0),
    CRC("CRC-16/IBM-SDLC", 16, 0x1021, 0xFFFF, True, True, 0xFFFF),
    CRC("CRC-16/ISO-IEC-14443-3-A", 16, 0x1021, 0xC6C6, True, True, 0x0),
    CRC("CRC-16/KERMIT", 16, 0x1021, 0x0, True, True, 0x0),
    CRC("CRC-16/LJ1200", 16, 0x6F63, 0x0, False, False, 0x0),
    CRC("CRC-16/M17", 16, 0x5935, 0xFFFF, False, False, 0x0),
    CRC("CRC-16/MAXIM-DOW", 16, 0x8005, 0x0, True, True, 0xFFFF),
    CRC("CRC-16/MCRF4XX", 16, 0x1021, 0xFFFF, True, True, 0x0),
    CRC("CRC-16/MODBUS", 16, 0x8005, 0xFFFF, True, True, 0x0),
    CRC("CRC-16/NRSC-5", 16, 0x80B, 0xFFFF, True, True, 0x0),
    CRC("CRC-16/OPENSAFETY-A", 16, 0x5935, 0x0, False, False, 0x0),
    CRC("CRC-16/OPENSAFETY-B", 16, 0x755B, 0x0, False, False, 0x0),
    CRC("CRC-16/PROFIBUS", 16, 0x1DCF, 0xFFFF, False, False, 0xFFFF),
    CRC("CRC-16/RIELLO", 16, 0x1021, 0xB2AA, True, True, 0x0),
    CRC("CRC-16/SPI-FUJITSU", 16, 0x1021, 0x1D0F, False, False, 0x0),
    CRC("CRC-16/T10-DIF", 16, 0x8BB7, 0x0, False, False, 0x0),
    CRC("CRC-16/TELEDISK", 16, 0xA097, 0x0, False, False, 0x0),
    CRC("CRC-16/TMS37157", 16, 0x1021, 0x89EC, True, True, 0x0),
    CRC("CRC-16/UMTS", 16, 0x8005, 0x0, False, False, 0x0),
    CRC("CRC-16/USB", 16, 0x8005, 0xFFFF, True, True, 0xFFFF),
    CRC("CRC-16/XMODEM", 16, 0x1021, 0x0, False, False, 0x0),
    CRC("CRC-17/CAN-FD", 17, 0x1685B, 0x0, False, False, 0x0),
    CRC("CRC-21/CAN-FD", 21, 0x102899, 0x0, False, False, 0x0),
    CRC("CRC-24/BLE", 24, 0x65B, 0x555555, True, True, 0x0),
    CRC("CRC-24/FLEXRAY-A", 24, 0x5D6DCB, 0xFEDCBA, False, False, 0x0),
    CRC("CRC-24/FLEXRAY-B", 24, 0x5D6DCB, 0xABCDEF, False, False, 0x0),
    CRC("CRC-24/INTERLAKEN", 24, 0x328B63, 0xFFFFFF, False, False, 0xFFFFFF),
    CRC("CRC-24/LTE-A", 24, 0x864CFB, 0x0, False, False, 0x0),
    CRC("CRC-24/LTE-B", 24, 0x800063, 0x0, False, False, 0x0),
    CRC("CRC-24/OPENPGP", 24, 0x864CFB, 0xB704CE, False, False, 0x0),
    CRC("CRC-24/OS-9", 24, 0x800063, 0xFFFFFF, False, False, 0xFFFFFF),
    CRC("CRC-30/CDMA", 30, 0x2030B9C7, 0x3FFFFFFF, False, False, 0x3FFFFFFF),
    CRC("CRC-31/PHILIPS", 31, 0x4C11DB7, 0x7FFFFFFF, False, False, 0x7FFFFFFF),
    CRC("CRC-32/AIXM", 32, 0x814141AB, 0x0, False, False, 0x0),
    CRC("CRC-32/AUTOSAR", 32, 0xF4ACFB13, 0xFFFFFFFF, True, True, 0xFFFFFFFF),
    CRC("CRC-32/BASE91-D", 32, 0xA833982B, 0xFFFFFFFF, True, True, 0xFFFFFFFF),
    CRC("CRC-32/BZIP2", 32, 0x4C11DB7, 0xFFFFFFFF, False, False, 0xFFFFFFFF),
    CRC("CRC-32/CD-ROM-EDC", 32, 0x8001801B, 0x0, True, True, 0x0),
    CRC("CRC-32/CKSUM", 32, 0x4C11DB7, 0x0, False, False, 0xFFFFFFFF),
    CRC("CRC-32/ISCSI", 32, 0x1EDC6F41, 0xFFFFFFFF, True, True, 0xFFFFFFFF),
    CRC("CRC-32/ISO-HDLC", 32, 0x4C11DB7, 0xFFFFFFFF, True, True, 0xFFFFFFFF),
    CRC("CRC-32/JAMCRC", 32, 0x4C11DB7, 0xFFFFFFFF, True, True, 0x0),
    CRC("CRC-32/MEF", 32, 0x741B8CD7, 0xFFFFFFFF, True, True, 0x0),
    CRC("CRC-32/MPEG-2", 32, 0x4C11DB7, 0xFFFFFFFF, False, False, 0x0),
    CRC("CRC-32/XFER", 32, 0xAF, 0x0, False, False, 0x0),
    CRC("CRC-40/GSM", 40, 0x4820009, 0x0, False, False, 0xFFFFFFFFFF),
    CRC("CRC-64/ECMA-182", 64, 0x42F0E1EBA9EA3693, 0x0, False, False, 0x0),
    CRC("CRC-64/GO-ISO", 64, 0x1B, 0xFFFFFFFFFFFFFFFF, True, True, 0xFFFFFFFFFFFFFFFF),
    CRC("CRC-64/MS", 64, 0x259C84CBA6426349, 0xFFFFFFFFFFFFFFFF, True, True, 0x0),
    CRC("CRC-64/NVME", 64, 0xAD93D23594C93659, 0xFFFFFFFFFFFFFFFF, True, True, 0xFFFFFFFFFFFFFFFF),
    CRC("CRC-64/REDIS", 64, 0xAD93D23594C935A9, 0x0, True, True, 0x0),
    CRC("CRC-64/WE", 64, 0x42F0E1EBA9EA3693, 0xFFFFFFFFFFFFFFFF, False, False, 0xFFFFFFFFFFFFFFFF),
    CRC("CRC-64/XZ", 64, 0x42F0E1EBA9EA3693, 0xFFFFFFFFFFFFFFFF, True, True, 0xFFFFFFFFFFFFFFFF),
)

_BY_NAME = {each.name: each for each in CATALOGUE}


def crc(name: str) -> CRC:
    """Return the algorithm of that name in the catalogue, such as ``CRC-15/CAN``.

    Raises UsageError for a name that it does not have.
    """
    found = _BY_NAME.get(name)
    if found is None:
        near = get_close_matches(str(name).upper(), _BY_NAME, 4, 0.4) or list(_BY_NAME)[:4]
        raise UsageError(
            f"the catalogue has no CRC {shown(name)} of up to 64 bits; near to it: "
            f"{', '.join(near)}. Give the parameters of any other: CRC(name, width, polynomial)"
        )
    return found
