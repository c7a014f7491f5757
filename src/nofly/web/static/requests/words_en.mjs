/** What the page of requests says besides, in English. @type {Record<string, string>} */
export const MORE_EN = {
  "requests.unread": "A request cannot be read: {why}",
  "requests.title": "Requests", "requests.sheet": "Sheet", "requests.skip": "To the sheet", "requests.none": "There is no request in the register.",
  "requests.noregister": "No register is served: [register] url in nofly.toml names one.", "requests.unknown": "There is no such request.",
  "requests.positions": "Positions", "requests.history": "History of the zone", "requests.nohistory": "The zone is law of nothing in the register.",
  "requests.silent": "No position: {parties}", "requests.late": "late: does not count", "requests.changed": "changed later",
  "requests.deadline": "Deadline {time}: in {left}.", "requests.passed": "Deadline {time}: passed.",
  "requests.party": "Party", "requests.stand": "Position", "requests.when": "When", "requests.statement": "Statement",
  "requests.condition": "Condition: {text}", "requests.edition": "Edition {number}: {span}, by {party}",
  "request.open": "open: positions are taken", "request.closed": "closed: the decision is due", "request.silence": "silence procedure: who says nothing agrees",
  "request.broken": "silence broken", "request.agreed": "agreed by silence", "request.approved": "approved, not law yet", "request.rejected": "rejected",
  "request.in-force": "promulgated: law over its span", "request.suspended": "suspended", "request.expired": "expired", "request.revoked": "revoked", "request.withdrawn": "withdrawn",
  "stand.support": "support", "stand.oppose": "oppose", "stand.reserve": "reserve", "stand.abstain": "abstain", "stand.conditional": "conditional",
  "fact.asked by": "asked by", "fact.zone": "zone", "fact.where": "where", "fact.when active": "when active", "fact.purpose": "purpose", "fact.why": "why",
  "fact.if not, instead": "if not, instead", "fact.wanted": "wanted", "fact.rule": "rule", "fact.authority": "authority", "fact.source": "source",
  "fact.decision": "decision", "fact.decided at": "decided at", "fact.reason": "reason", "fact.condition": "condition", "fact.law": "law", "fact.was law": "was law",
};
