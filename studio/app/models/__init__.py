"""The models a person has, and how they come to have more; no torch, no Qt in most."""
