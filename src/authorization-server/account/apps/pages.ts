import { htmlResponse } from "../../../http/responses.ts";
import { type Route, urlOf } from "../../../http/route.ts";
import { appsPage } from "../../../pages/account/apps-page.ts";
import type { PageLinks } from "../../../pages/account/pages.ts";
import { timelinePage } from "../../../pages/account/timeline.ts";
import type { Look } from "../../../pages/look.ts";
import { PageError } from "../../../pages/page-error.ts";
import type { CurrentSignIn } from "../../people/browser-binding.ts";
import { ACCOUNT_PATH } from "../../sign-in/account-path.ts";
import { OPEN_AGAIN } from "../account-visits.ts";
import { type OpenPageParts, openPage, toSignIn } from "../open-page.ts";
import type { PageToken, PageTokens } from "../page-tokens.ts";
import { type NamedPart, noticeCalled } from "../parts.ts";
import { isRecent } from "../recent.ts";
import { afterApp, afterAppText, type ConnectedAppsParts, connectedApps } from "./connected-apps.ts";
import { AFTER, APPS_PATH, TIMELINE_PATH } from "./paths.ts";
import { afterEntry, afterEntryText, type TimelineParts, timelineOf } from "./timeline.ts";

export type AppPagesParts = OpenPageParts &
  ConnectedAppsParts &
  TimelineParts & {
    readonly store: ConnectedAppsParts["store"] & TimelineParts["store"];
    readonly catalogue: ConnectedAppsParts["catalogue"];
    /** For what the page says after a change. */
    readonly parts: readonly NamedPart[];
    readonly pageTokens: Pick<PageTokens, "seal" | "open" | "urlFor" | "linkTo">;
    /** What the operator calls what a person chooses for an app. */
    readonly organizationsCalled: string;
    readonly look: Look;
  };

const MOST_APPS = 50;

/** GET /account/apps and GET /account/timeline: what does not fit on the account page, page by page. */
export function appRoutes(parts: AppPagesParts): readonly Route[] {
  return [
    { ...PAGE, name: "account_apps", paths: [APPS_PATH], methods: { GET: opening(showApps, parts) } },
    {
      ...PAGE,
      name: "account_timeline",
      paths: [TIMELINE_PATH],
      methods: { GET: opening(showTimeline, parts) },
    },
  ];
}

const PAGE = { refusals: "page" } as const;

type Shown = {
  readonly current: CurrentSignIn;
  readonly token: PageToken | undefined;
  /** What the link says of where the page begins. */
  readonly after: string | undefined;
};

/** For the person who is signed in. Anyone else is led to a sign-in, which ends at the account page. */
function opening(show: (shown: Shown, parts: AppPagesParts) => Promise<string>, parts: AppPagesParts) {
  return async (request: Request): Promise<Response> => {
    const { shown } = await openPage(request, parts);
    if (!shown) return toSignIn(request, parts);
    const after = new URL(request.url).searchParams.get(AFTER) ?? undefined;
    return htmlResponse(await show({ ...shown, after }, parts), parts.look.styles);
  };
}

async function showApps({ current, token, after }: Shown, parts: AppPagesParts): Promise<string> {
  const { look, pageTokens, issuer } = parts;
  const position = positionIn(after, afterApp);
  const { apps, next } = await connectedApps(current.person.id, { after: position, most: MOST_APPS }, parts);
  return appsPage({
    ...parts,
    action: urlOf(issuer, ACCOUNT_PATH),
    pageToken: await pageTokens.seal(current),
    notice: noticeCalled(token?.notice, parts.parts, look),
    canChange: isRecent(current, parts.clock()),
    apps,
    links: await linksOf(APPS_PATH, current, { after, next: next && afterAppText(next) }, parts),
  });
}

async function showTimeline({ current, after }: Shown, parts: AppPagesParts): Promise<string> {
  const { entries, next } = await timelineOf(current.person.id, positionIn(after, afterEntry), parts);
  const links = await linksOf(TIMELINE_PATH, current, { after, next: next && afterEntryText(next) }, parts);
  return timelinePage({ ...parts, entries, links });
}

function positionIn<Position>(
  text: string | undefined,
  read: (text: string) => Position | undefined,
): Position | undefined {
  if (text === undefined) return undefined;
  const position = read(text);
  if (position) return position;
  throw new PageError("invalid_request", ({ account }) => account.problems.notAPosition, {
    advises: OPEN_AGAIN,
  });
}

async function linksOf(
  path: string,
  current: CurrentSignIn,
  { after, next }: { readonly after: string | undefined; readonly next: string | undefined },
  { pageTokens }: Pick<AppPagesParts, "pageTokens">,
): Promise<PageLinks> {
  const linkTo = (params?: Readonly<Record<string, string>>) => pageTokens.linkTo(current, path, params);
  return {
    accountUrl: await pageTokens.urlFor(current),
    newestUrl: after === undefined ? undefined : await linkTo(),
    olderUrl: next === undefined ? undefined : await linkTo({ [AFTER]: next }),
  };
}
