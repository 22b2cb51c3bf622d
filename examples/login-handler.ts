import { type LoginHandler, OAuthError } from "mcp-gatehouse";

/**
 * A login page in code, for those whom a template does not serve. The origin, the browser and the number of wrong
 * passwords are checked around it and in `completeUserCheck`.
 */
export const loginHandler: LoginHandler = async (request, completeUserCheck, signInLinks) => {
  if (request.method === "GET") {
    const state = new URL(request.url).searchParams.get("state") ?? "";
    return page({ state, links: await signInLinks(state) });
  }
  const form = new URLSearchParams(await request.text());
  const state = form.get("state") ?? "";
  const username = form.get("username") ?? "";
  try {
    const next = await completeUserCheck(state, username, form.get("password") ?? "");
    return new Response(null, { status: 303, headers: { Location: next } });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return page({ state, username, message: error.message, links: await signInLinks(state) }, error.status);
  }
};

type View = {
  readonly state: string;
  readonly username?: string;
  readonly message?: string;
  /** The other ways to sign in. */
  readonly links: readonly { readonly label: string; readonly url: string }[];
};

function page({ state, username = "", message = "", links }: View, status = 200): Response {
  const others = links.map(
    ({ label, url }) => `<p><a href="${escapeHtml(url)}">Continue with ${escapeHtml(label)}</a></p>`,
  );
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in</title>
<h1>Who is there?</h1>
<p role="alert">${escapeHtml(message)}</p>
<form method="post" action="/oauth/login">
<input type="hidden" name="state" value="${escapeHtml(state)}">
<label>Name <input name="username" value="${escapeHtml(username)}" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button type="submit">Sign in</button>
</form>
${others.join("\n")}
</html>`;
  return new Response(html, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      // No form-action: Chromium applies it to every redirect that follows, and `cursor://` would not open.
      "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    },
  });
}

/** What people type must stay text. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
