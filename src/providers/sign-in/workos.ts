import { workosSignIn } from "../../config/sign-in/presets/workos.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const workosGuide: SignInGuide = {
  definition: workosSignIn,
  examples: { domain: "acme.authkit.app", clientId: "client_01JP8BD0CZ401TDF9X54NT5ZEK" },
  admit: { list: "emails", entry: "*@example.com" },
  explain: ({ redirectUri }) => ({
    about:
      "People sign in with WorkOS AuthKit: passwords, social sign-in or the single sign-on of their organization, as your environment lets them.",
    console: "In the WorkOS dashboard",
    steps: [
      "**Connect → Create application → OAuth application**, *First-party*: your people are not asked to approve it.",
      `**Redirect URIs**:${pasted(redirectUri)}`,
      "Copy the *Client ID*, and make a *client secret* for this application. The API key of the environment is another secret, and doesn't work here.",
      "The AuthKit domain is in **Domains**, such as `acme.authkit.app`.",
    ],
    notes: [
      "If sign-up is on in AuthKit, anyone can make an account there. Switch it off, or limit who comes in with `admit`.",
      "The secret is sent in the body of the token request, as WorkOS expects it.",
      "An address counts if `email_verified` is true.",
    ],
  }),
};
