import { readFileSync } from "node:fs";

export type ApiDocs = {
  readonly title: string;
  /** Where the page is, such as "/docs". */
  readonly path: string;
  /** Where the OpenAPI document is, such as "/openapi.json". */
  readonly document: string;
  /** The client that the page is at the authorization server, for its Authorize button. */
  readonly clientId: string | undefined;
  readonly scopes: readonly string[];
};

/** Where the authorization server must send people back to, for the page's client. */
export function docsRedirectUri(origin: string, path: string): string {
  return `${origin}${path}/oauth2-redirect.html`;
}

/**
 * Swagger UI from files of this computer: nothing is loaded from elsewhere, and no script is in the page.
 * @returns answers the paths of the page, and undefined for every other one
 */
export function serveApiDocs(docs: ApiDocs): (pathname: string) => Response | undefined {
  const { path } = docs;
  const pages = new Map<string, Page>([
    [path, { type: "text/html", content: pageOf(docs) }],
    [`${path}/`, { type: "text/html", content: pageOf(docs) }],
    [`${path}/start.js`, { type: "text/javascript", content: scriptOf(docs) }],
    ...Object.entries(FILES).map(
      ([file, type]) =>
        [`${path}/${file}`, { type, content: readFileSync(new URL(file, SWAGGER_UI)) }] as const,
    ),
  ]);
  return (pathname) => {
    const page = pages.get(pathname);
    return page && new Response(page.content, { headers: { ...HEADERS, "Content-Type": page.type } });
  };
}

type Page = { readonly type: string; readonly content: string | Uint8Array<ArrayBuffer> };

const SWAGGER_UI = import.meta.resolve("swagger-ui-dist/package.json");
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css",
  "swagger-ui-bundle.js": "text/javascript",
  "oauth2-redirect.html": "text/html",
  "oauth2-redirect.js": "text/javascript",
  "favicon-32x32.png": "image/png",
};

const HEADERS = {
  // Swagger UI asks the token endpoint of a provider itself; images are in its style sheet.
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self' https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

function pageOf({ title, path }: ApiDocs): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="${path}/favicon-32x32.png">
<link rel="stylesheet" href="${path}/swagger-ui.css">
<div id="docs"></div>
<script src="${path}/swagger-ui-bundle.js"></script>
<script src="${path}/start.js"></script>
</html>`;
}

function scriptOf({ path, document, clientId, scopes }: ApiDocs): string {
  const oauth = { clientId, scopes, usePkceWithAuthorizationCodeGrant: true };
  return `window.ui = SwaggerUIBundle({
  url: ${JSON.stringify(document)},
  dom_id: "#docs",
  oauth2RedirectUrl: location.origin + ${JSON.stringify(`${path}/oauth2-redirect.html`)},
});
ui.initOAuth(${JSON.stringify(oauth)});
`;
}
