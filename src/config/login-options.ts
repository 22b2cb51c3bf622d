import { aFunction, text } from "./basic-schemas.ts";
import { declared } from "./declared.ts";

/**
 * Resolves to the URL to go on to once the pair is right.
 * @throws OAuthError whose `message` is the text to show the person, and whose `status` is that of the page: 403 for a wrong
 * pair, 429 after too many (with `retryAfterSeconds`), 503 where `checkUser` gave no answer.
 */
export type CompleteUserCheck = (state: string, username: string, password: string) => Promise<string>;

/**
 * Resolves to the other ways to sign in, each with the URL that a link of your page goes to: a provider's, or a page with that way's
 * own form.
 */
export type SignInLinks = (
  state: string,
) => Promise<readonly { readonly name: string; readonly label: string; readonly url: string }[]>;

/** Answers GET and POST of `/oauth/login` with a page of your own. */
export type LoginHandler = (
  request: Request,
  completeUserCheck: CompleteUserCheck,
  signInLinks: SignInLinks,
) => Response | Promise<Response>;

/** The login page. */
export const loginOptions = {
  loginTemplate: text("HTML").optional().register(declared, {
    says: "HTML in which exactly `{state}`, `{username}`, `{app_name}` and `{error_message}` are replaced, each one escaped.",
    more: "`{methods}` becomes the links to the providers in `signIn`. Its form posts `state`, `username` and `password` to `/oauth/login`. Styles, images and fonts load; scripts do not.",
    otherwise: "the built-in page",
  }),
  loginHandler: aFunction<LoginHandler>().optional().register(declared, {
    says: "Your own function that answers GET and POST of `/oauth/login`: `(request, completeUserCheck, signInLinks) => Response`.",
    more: "`completeUserCheck(state, username, password)` resolves to the URL to continue at, or throws an `OAuthError`: `message` is the text to show, `status` that of the page (403, 429, 503 and so on). `signInLinks(state)` resolves to `{ name, label, url }` of the other ways in `signIn`: a provider's sign-in, or a page with that way's own form. Don't accept a cookie of your own instead of the password: on localhost, programs on other ports receive it.",
    otherwise: "the built-in page",
  }),
};
