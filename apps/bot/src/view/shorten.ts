/** `text` in at most `max` characters: what is too long ends in "…". No character is cut in half. */
export const shorten = (text: string, max: number): string => {
  const characters = Array.from(text)
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join("")}…`
}
