"""The one brand that takes part: its accounts and their made-up secrets. Knows nobody, so that every process can."""

SECRET = "a-secret-of-the-app-0001"
SHOP_SECRET = "a-secret-of-the-shop-001"
TOKEN = "a-token-that-lets-us-send"
VERIFY_TOKEN = "hub-verify-token"
NUMBER, SHOP = "777", "glow.myshopify.com"

WEBHOOK = "/webhooks/whatsapp"
"""Where all servers here take a WhatsApp message."""
