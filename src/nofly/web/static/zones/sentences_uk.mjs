/** What readers of zone files say in English, in Ukrainian: `{…}` is what stands in both as it is. */

/** @type {Record<string, string>} */
export const READERS_UK = {
  "a second zone with the id {id}: the first is in {file}, {place}": "друга зона з ідентифікатором {id}: перша у {file}, {place}",
  // OpenAir.
  "not UTF-8: read as Windows-1252": "не UTF-8: прочитано як Windows-1252", "{code} outside any airspace block": "{code} поза блоками простору", "more than {count} records": "понад {count} записів",
  "terrain record: nofly reads airspace alone": "запис рельєфу: nofly читає лише простір", "a line of {count} characters (expected at most {most})": "рядок, знаків: {count} (має бути щонайбільше {most})",
  "a zone in Tim Newport-Peace form": "зона у формі Tim Newport-Peace", "{line} looks like geometry, but is no OpenAir record": "{line} схоже на геометрію, але не є записом OpenAir", "{line} is no OpenAir record": "{line} не є записом OpenAir",
  "unknown class or type {word}: read as PROHIBITED": "невідомий клас або вид {word}: прочитано як PROHIBITED", "{code} given twice, with different limits": "{code} вказано двічі, з різними межами",
  "no {code}: read as without {which} limit": "{code} немає: прочитано як без межі ({which})", "lower": "нижня", "upper": "верхня", "floor {lower} above ceiling {upper}": "нижня межа {lower} вище верхньої {upper}",
  "AC {one}, then {other}: the last holds": "AC {one}, потім {other}: чинне останнє", "an airspace without a name": "простір без назви",
  "AX {value} is no transponder code (expected four digits 0 to 7)": "AX {value} не є кодом відповідача (має бути чотири цифри від 0 до 7)",
  "{value} tells hours of activity in words: when it is active is not known": "{value} називає години дії словами: коли діє, невідомо", "{id} occurs more than once: called {other}": "{id} трапляється не раз: названо {other}",
  "AA {value} (expected start/end in UTC, ISO 8601): activation unknown": "AA {value} (має бути початок/кінець за UTC, ISO 8601): коли діє, невідомо", "AA NONE overrides the other AA records of its block": "AA NONE скасовує інші записи AA свого блоку",
  "an airspace block without geometry": "блок простору без геометрії", "several shapes in one block: the zone is their union": "кілька фігур в одному блоці: зона – їх об’єднання",
  "60 seconds read as a full minute ({count} times)": "60 секунд прочитано як повну хвилину (разів: {count})", "an arc starts and ends at different distances from its centre ({where})": "дуга починається й кінчається на різних відстанях від центра ({where})",
  "line {line}: {one} m and {other} m": "рядок {line}: {one} м і {other} м", "{code} before V X= in its block": "{code} перед V X= у своєму блоці", "V D={value} (expected + or -)": "V D={value} (має бути + або -)",
  "DA {value} (expected radius, start angle, end angle)": "DA {value} (має бути радіус, початковий кут, кінцевий кут)", "DA (expected angles within 360°)": "DA (кути мають бути в межах 360°)",
  "DA: an arc that ends where it starts": "DA: дуга, що кінчається там, де починається", "DB: an arc that ends where it starts, or runs through its centre": "DB: дуга, що кінчається там, де починається, або йде через свій центр",
  "DY without V W=, the width of the airway": "DY без V W=, ширини траси", "an airway of fewer than two points": "траса менше ніж із двох точок",
  "a coordinate": "координата", "{count} coordinates": "координат: {count}", "{code} {value} (expected {what} like 48:49:37 N 002:16:28 E)": "{code} {value} (має бути {what}, як-от 48:49:37 N 002:16:28 E)",
  "{code}: {value} is no number (12.5)": "{code}: {value} не є числом (12.5)", "{code}: {value} NM (expected 0 to {most})": "{code}: {value} NM (має бути від 0 до {most})",
  "{code}: {value} (expected minutes and seconds below 60, at most {most}°)": "{code}: {value} (хвилини й секунди мають бути менші за 60, щонайбільше {most}°)",
};
