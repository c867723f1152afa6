# SPDX-License-Identifier: MIT
"""What the live tests share: the tracer, its entries, servers, clients, namespaces."""
