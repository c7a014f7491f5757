"""The blocks of 24-bit aircraft addresses and the states that hold them.

Source: ICAO Annex 10, Volume III, Table 9-1, as of Amendment 92 (28 November 2024), which gave states that
held 1,024 addresses 2,048. A block is all addresses that begin with the same bits; what is not listed is
allotted to no state. 899000 is a block for ICAO's own use, from which Taiwan's register is served. The
registers of territories (Bermuda, the Isle of Man, Hong Kong, Aruba) take theirs from their state's block.
"""

from __future__ import annotations

BLOCKS = """
004000 13 ZWE Zimbabwe
006000 12 MOZ Mozambique
008000  9 ZAF South Africa
010000  9 EGY Egypt
018000  9 LBY Libya
020000  9 MAR Morocco
028000  9 TUN Tunisia
030000 13 BWA Botswana
032000 12 BDI Burundi
034000 12 CMR Cameroon
035000 13 COM Comoros
036000 12 COG Congo
038000 12 CIV Côte d'Ivoire
03e000 12 GAB Gabon
040000 12 ETH Ethiopia
042000 12 GNQ Equatorial Guinea
044000 12 GHA Ghana
046000 12 GIN Guinea
048000 13 GNB Guinea-Bissau
04a000 13 LSO Lesotho
04c000 12 KEN Kenya
050000 12 LBR Liberia
054000 12 MDG Madagascar
058000 12 MWI Malawi
05a000 13 MDV Maldives
05c000 12 MLI Mali
05e000 13 MRT Mauritania
060000 13 MUS Mauritius
062000 12 NER Niger
064000 12 NGA Nigeria
068000 12 UGA Uganda
06a000 12 QAT Qatar
06c000 12 CAF Central African Republic
06e000 12 RWA Rwanda
070000 12 SEN Senegal
074000 13 SYC Seychelles
076000 13 SLE Sierra Leone
078000 12 SOM Somalia
07a000 13 SWZ Eswatini
07c000 12 SDN Sudan
080000 12 TZA Tanzania
084000 12 TCD Chad
088000 12 TGO Togo
08a000 12 ZMB Zambia
08c000 12 COD Democratic Republic of the Congo
090000 12 AGO Angola
094000 13 BEN Benin
096000 13 CPV Cabo Verde
098000 13 DJI Djibouti
09a000 12 GMB Gambia
09c000 12 BFA Burkina Faso
09e000 13 STP Sao Tome and Principe
0a0000  9 DZA Algeria
0a8000 12 BHS Bahamas
0aa000 13 BRB Barbados
0ab000 13 BLZ Belize
0ac000 11 COL Colombia
0ae000 12 CRI Costa Rica
0b0000 12 CUB Cuba
0b2000 12 SLV El Salvador
0b4000 12 GTM Guatemala
0b6000 12 GUY Guyana
0b8000 12 HTI Haiti
0ba000 12 HND Honduras
0bc000 13 VCT Saint Vincent and the Grenadines
0be000 12 JAM Jamaica
0c0000 12 NIC Nicaragua
0c2000 12 PAN Panama
0c4000 12 DOM Dominican Republic
0c6000 12 TTO Trinidad and Tobago
0c8000 12 SUR Suriname
0ca000 13 ATG Antigua and Barbuda
0cc000 13 GRD Grenada
0d0000  9 MEX Mexico
0d8000  9 VEN Venezuela
100000  4 RUS Russia
201000 13 NAM Namibia
202000 13 ERI Eritrea
300000  6 ITA Italy
340000  6 ESP Spain
380000  6 FRA France
3c0000  6 DEU Germany
400000  6 GBR United Kingdom
440000  9 AUT Austria
448000  9 BEL Belgium
450000  9 BGR Bulgaria
458000  9 DNK Denmark
460000  9 FIN Finland
468000  9 GRC Greece
470000  9 HUN Hungary
478000  9 NOR Norway
480000  9 NLD Netherlands
488000  9 POL Poland
490000  9 PRT Portugal
498000  9 CZE Czechia
4a0000  9 ROU Romania
4a8000  9 SWE Sweden
4b0000  9 CHE Switzerland
4b8000  9 TUR Türkiye
4c0000  9 SRB Serbia
4c8000 13 CYP Cyprus
4ca000 12 IRL Ireland
4cc000 12 ISL Iceland
4d0000 13 LUX Luxembourg
4d2000 13 MLT Malta
4d4000 13 MCO Monaco
500000 13 SMR San Marino
501000 13 ALB Albania
501800 13 HRV Croatia
502800 13 LVA Latvia
503800 13 LTU Lithuania
504800 13 MDA Republic of Moldova
505800 13 SVK Slovakia
506800 13 SVN Slovenia
507800 13 UZB Uzbekistan
508000  9 UKR Ukraine
510000 13 BLR Belarus
511000 13 EST Estonia
512000 13 MKD North Macedonia
513000 13 BIH Bosnia and Herzegovina
514000 13 GEO Georgia
515000 13 TJK Tajikistan
516000 13 MNE Montenegro
600000 13 ARM Armenia
600800 13 AZE Azerbaijan
601000 13 KGZ Kyrgyzstan
601800 13 TKM Turkmenistan
680000 13 BTN Bhutan
681000 13 FSM Micronesia
682000 13 MNG Mongolia
683000 13 KAZ Kazakhstan
684000 13 PLW Palau
700000 12 AFG Afghanistan
702000 12 BGD Bangladesh
704000 12 MMR Myanmar
706000 12 KWT Kuwait
708000 12 LAO Laos
70a000 12 NPL Nepal
70c000 13 OMN Oman
70e000 12 KHM Cambodia
710000  9 SAU Saudi Arabia
718000  9 KOR Republic of Korea
720000  9 PRK Democratic People's Republic of Korea
728000  9 IRQ Iraq
730000  9 IRN Iran
738000  9 ISR Israel
740000  9 JOR Jordan
748000  9 LBN Lebanon
750000  9 MYS Malaysia
758000  9 PHL Philippines
760000  9 PAK Pakistan
768000  9 SGP Singapore
770000  9 LKA Sri Lanka
778000  9 SYR Syria
780000  6 CHN China
7c0000  6 AUS Australia
800000  6 IND India
840000  6 JPN Japan
880000  9 THA Thailand
888000  9 VNM Viet Nam
890000 12 YEM Yemen
894000 12 BHR Bahrain
895000 13 BRN Brunei Darussalam
896000 12 ARE United Arab Emirates
897000 13 SLB Solomon Islands
898000 12 PNG Papua New Guinea
899000 13 TWN Taiwan (block held by ICAO)
8a0000  9 IDN Indonesia
900000 13 MHL Marshall Islands
901000 13 COK Cook Islands
902000 13 WSM Samoa
a00000  4 USA United States
c00000  6 CAN Canada
c80000  9 NZL New Zealand
c88000 12 FJI Fiji
c8a000 13 NRU Nauru
c8c000 13 LCA Saint Lucia
c8d000 13 TON Tonga
c8e000 13 KIR Kiribati
c90000 13 VUT Vanuatu
c91000 13 AND Andorra
c92000 13 DMA Dominica
c93000 13 KNA Saint Kitts and Nevis
c94000 13 SSD South Sudan
c95000 13 TLS Timor-Leste
c97000 13 TUV Tuvalu
e00000  6 ARG Argentina
e40000  6 BRA Brazil
e80000 12 CHL Chile
e84000 12 ECU Ecuador
e88000 12 PRY Paraguay
e8c000 12 PER Peru
e90000 12 URY Uruguay
e94000 12 BOL Bolivia
f00000  9 -   ICAO (temporary addresses)
f09000 13 -   ICAO (special use)
"""
"""A line a block: first address, number of fixed bits, ISO 3166 alpha-3 (``-``: no state), name."""
