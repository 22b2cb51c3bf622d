import type { FurtherStep } from "../../src/authorization-server/interaction/interactions.ts";
import type { Step } from "../../src/authorization-server/interaction/next-step.ts";
import { readForm } from "../../src/http/form.ts";
import { htmlResponse, seeOther } from "../../src/http/responses.ts";
import { requireSameOrigin } from "../../src/http/same-origin.ts";

/** A second factor of the tests: each person types a code of their own. */
export const CODE: Step = {
  name: "code",
  path: "/oauth/code",
  isNeeded: (_request, { passed }) => !passed.includes("code"),
};

export function codeStep(codeOf: (personId: string) => string, issuer: string): FurtherStep {
  return {
    step: CODE,
    routes: ({ openAt, passed }) => [
      {
        name: CODE.name,
        paths: [CODE.path],
        refusals: "page",
        methods: {
          async GET(request, peer) {
            const sealed = new URL(request.url).searchParams.get("state") ?? undefined;
            const asked = await openAt(CODE, request, sealed, peer);
            return asked instanceof Response ? asked : htmlResponse("Type your code.", "style-src 'none'");
          },
          async POST(request, peer) {
            requireSameOrigin(request, issuer);
            const form = await readForm(request);
            const asked = await openAt(CODE, request, form.get("state"), peer);
            if (asked instanceof Response) return asked;
            if (form.get("code") !== codeOf(asked.person.id)) {
              return htmlResponse("This code is wrong.", "style-src 'none'", 403);
            }
            const { location, setCookies } = await passed(CODE, asked);
            return seeOther(location, setCookies);
          },
        },
      },
    ],
  };
}
