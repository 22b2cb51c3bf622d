import { googleSignIn } from "../../config/sign-in/presets/google.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const googleGuide: SignInGuide = {
  definition: googleSignIn,
  examples: { clientId: "1234567890-abc.apps.googleusercontent.com" },
  admit: { list: "emails", entry: "*@example.com" },
  explain: ({ redirectUri }) => ({
    about: `People sign in with their Google account. Anyone can have one, so say who may come in: with \`hd\` the people of your Google
Workspace domains, or with \`admit\`.`,
    console: "In the Google Cloud console",
    steps: [
      `**Google Auth Platform → Branding** and **Audience**: name the app. *Internal* is for the people of your Google Workspace only;
   *External* is for any Google account, and must be published (*In production*), or only test users can sign in.`,
      `**Google Auth Platform → Clients → Create client**, type *Web application*. Its *Authorized redirect URI* is${pasted(redirectUri)}`,
      "Copy the **Client ID** and the **Client secret**. Google shows the secret only once.",
    ],
    notes: [
      `\`hd\` compares the claim of that name in the ID token, which only accounts of a Google Workspace domain have. The end of an address says less:
  anyone with an address in your domain can make a Google account with it.`,
      "An address counts only if Google calls it verified. In code, people are told apart by `sub`, which never changes, and not by their address.",
      "Google sends no groups. Use `admit.emails`, `admit.domains` or `hd`.",
      "Google can't be asked to let a person sign in again (`prompt=login`). Where a new sign-in is needed, coming back from Google counts.",
      "Only the scopes `openid`, `profile` and `email` are asked for. They need no verification by Google.",
    ],
  }),
};
