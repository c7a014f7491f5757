"""How a report looks, on a screen and on paper."""

STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { font: 15px/1.5 "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif;
  color: #1b1b1b; background: #fff; max-width: 66rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem;
  overflow-wrap: anywhere }
header { border-bottom: 3px solid #1b1b1b; margin-bottom: 1.2rem }
header p { margin: 0; letter-spacing: .12em; text-transform: uppercase; font-size: 12px; color: #555 }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .2rem 0 .6rem }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #ccc; padding-bottom: .2rem }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem }
p { margin: .4rem 0 } ul { margin: .4rem 0; padding-left: 1.2rem } li { margin: .15rem 0 }
img { width: 100%; height: auto; margin: .8rem 0 }
.verdict { font-size: 1.1rem }
.tag { display: inline-block; padding: .05rem .55rem; border-radius: .2rem; border: 2px solid #555;
  text-transform: uppercase; letter-spacing: .06em; font-size: .8rem; margin-right: .35rem }
.infringement.confirmed .tag { background: #a33a00; border-color: #a33a00; color: #fff }
.infringement.probable .tag { border-color: #a33a00; color: #a33a00 }
.infringement.undetermined .tag { border-style: dashed }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #ddd }
.facts th { width: 11rem; font-weight: 600 }
.rows, .files { font-size: 12px; line-height: 1.35 }
.rows td { white-space: nowrap } .rows td:last-child { white-space: normal }
.rows :is(th, td):nth-child(n + 3):not(:last-child) { text-align: right }
.rows .in { background: #fbeee4 }
thead th { border-bottom: 2px solid #555 }
pre { background: #f4f4f1; padding: .6rem .8rem; white-space: pre-wrap; font-size: 13px }
code { font-size: .85em } footer { margin-top: 2rem; font-size: 12px; color: #555 }
@media (max-width: 46rem) { .rows { display: block; overflow-x: auto } }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt } .rows, .files { font-size: 7.5pt }
  h2, h3 { break-after: avoid } tr, img, pre { break-inside: avoid } thead { display: table-header-group }
  .tag, .rows :is(th, td):nth-child(n + 3):not(:last-child) { text-align: right }
.rows .in { print-color-adjust: exact; -webkit-print-color-adjust: exact }
}
"""
