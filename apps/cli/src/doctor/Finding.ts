/** What a check says: that all is well, or what is not and how to mend it. No text of it holds a secret. */

export interface Finding {
  /** What was looked at. */
  readonly check: string
  /** `wrong` ends the command with code 5; `warning` and `unseen` (it could not be looked at) do not. */
  readonly is: "well" | "warning" | "wrong" | "unseen"
  readonly what: string
  /** How to mend it; empty when nothing is to be mended. */
  readonly fix: string
}

export const well = (check: string, what: string): Finding => ({ check, is: "well", what, fix: "" })
export const warning = (check: string, what: string, fix: string): Finding => ({ check, is: "warning", what, fix })
export const wrong = (check: string, what: string, fix: string): Finding => ({ check, is: "wrong", what, fix })
export const unseen = (check: string, what: string, fix = ""): Finding => ({ check, is: "unseen", what, fix })
