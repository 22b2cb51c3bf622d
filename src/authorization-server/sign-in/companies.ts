import { readForm } from "../../http/form.ts";
import { seeOther } from "../../http/responses.ts";
import type { Route } from "../../http/route.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import type { Visits } from "./method.ts";
import { COMPANY_PATH, companiesOf, companyOf, type PageParts, showSignIn } from "./sign-in-page.ts";

export type CompanyParts = PageParts & { readonly visits: Visits };

/**
 * POST /oauth/company: from the address that a person typed to their company's sign-in. Only where there are several companies.
 * Nothing is proved by it: the address picks a button.
 */
export function companyRoutes(parts: CompanyParts): readonly Route[] {
  if (companiesOf(parts.methods).length === 0) return [];
  return [
    {
      name: "company",
      paths: [COMPANY_PATH],
      methods: { POST: (request) => pick(request, parts) },
      refusals: "page",
    },
  ];
}

async function pick(request: Request, parts: CompanyParts): Promise<Response> {
  requireSameOrigin(request, parts.issuer);
  const form = await readForm(request);
  const visit = await parts.visits.open(request, form.get("state"));
  const typed = (form.get("address") ?? "").trim();
  const company = companyOf(typed, parts.methods);
  if (company) return seeOther(company.panel.url(visit));
  return showSignIn(
    visit,
    { username: visit.loginHint ?? "", address: typed, isUnknownAddress: true },
    parts,
    400,
  );
}
