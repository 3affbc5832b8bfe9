export interface WelcomeMessage {
  subject: string
  text: string
}

/** The message for a new user: the part before the @ stands in for a name. */
export function composeWelcome(email: string, product: string): WelcomeMessage {
  const name = (email.split('@')[0] ?? '').replace(/[._-]+/g, ' ').replace(/\b\p{L}/gu, (letter) => letter.toUpperCase())
  return { subject: `Welcome to ${product}, ${name}`, text: `Hello ${name},\n\nyour ${product} account is ready.\n` }
}
