/** What came from elsewhere may hold anything; a line of text gets no control characters of it. */
export const plain = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ")
