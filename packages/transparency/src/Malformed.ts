/** What was given does not have the form that its format demands. */
export class Malformed extends Error {
  override readonly name = "Malformed"
}
