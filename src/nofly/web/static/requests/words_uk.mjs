/** What the page of requests says besides, in Ukrainian. @type {Record<string, string>} */
export const MORE_UK = {
  "requests.unread": "Запит неможливо прочитати: {why}",
  "requests.title": "Запити", "requests.sheet": "Аркуш", "requests.skip": "До аркуша", "requests.none": "У реєстрі немає запитів.",
  "requests.noregister": "Реєстр не подано: його називає [register] url у nofly.toml.", "requests.unknown": "Такого запиту немає.",
  "requests.positions": "Позиції", "requests.history": "Історія зони", "requests.nohistory": "За реєстром зона не є чинною ніде.",
  "requests.silent": "Без позиції: {parties}", "requests.late": "запізно: не враховано", "requests.changed": "згодом змінено",
  "requests.deadline": "Строк {time}: через {left}.", "requests.passed": "Строк {time}: минув.",
  "requests.party": "Сторона", "requests.stand": "Позиція", "requests.when": "Коли", "requests.statement": "Заява",
  "requests.condition": "Умова: {text}", "requests.edition": "Редакція {number}: {span}, {party}",
  "request.open": "відкрито: сторони висловлюються", "request.closed": "закрито: час рішення", "request.silence": "мовчазна згода: хто мовчить, погоджується",
  "request.broken": "мовчання порушено", "request.agreed": "погоджено мовчанням", "request.approved": "схвалено, ще не чинне", "request.rejected": "відхилено",
  "request.in-force": "оприлюднено: чинне на свій строк", "request.suspended": "призупинено", "request.expired": "строк минув", "request.revoked": "скасовано", "request.withdrawn": "відкликано",
  "stand.support": "за", "stand.oppose": "проти", "stand.reserve": "застереження", "stand.abstain": "утримання", "stand.conditional": "за умови",
  "fact.asked by": "просить", "fact.zone": "зона", "fact.where": "де", "fact.when active": "коли діє", "fact.purpose": "мета", "fact.why": "чому",
  "fact.if not, instead": "якщо ні, то", "fact.wanted": "бажано", "fact.rule": "правило", "fact.authority": "орган", "fact.source": "джерело",
  "fact.decision": "рішення", "fact.decided at": "вирішено", "fact.reason": "підстава", "fact.condition": "умова", "fact.law": "чинність", "fact.was law": "було чинним",
};
