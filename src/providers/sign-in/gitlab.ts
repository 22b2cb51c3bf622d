import { gitlabSignIn } from "../../config/sign-in/presets/gitlab.ts";
import { pasted, type SignInGuide } from "./guide.ts";

export const gitlabGuide: SignInGuide = {
  definition: gitlabSignIn,
  examples: { clientId: "4f1a7c0b2d9e", groups: "groups" },
  admit: { list: "groups", entry: "acme" },
  explain: ({ redirectUri }) => ({
    about:
      "People sign in with their account at gitlab.com or at your own GitLab. Anyone can sign up at gitlab.com, so say with `admit` who may come in.",
    console: "In GitLab",
    steps: [
      "Add an application: for a group in **Settings → Applications**, for your own GitLab in **Admin → Applications**, for yourself in **Preferences → Applications**.",
      `**Redirect URI**:${pasted(redirectUri)}`,
      "*Confidential* on. **Scopes**: `openid`, `profile`, `email`.",
      "Copy the **Application ID** and the **Secret**.",
    ],
    notes: [
      "With `groups` set to `groups`, `admit.groups` compares the paths of a person's groups, those above them included. `groups_direct` are the ones that they are a direct member of.",
      "The address is the person's primary one. It counts if GitLab calls it verified.",
      "For your own GitLab, set `url`. If no one can sign up there by themselves, set `members`.",
    ],
  }),
};
