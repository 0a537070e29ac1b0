"""What was applied, kept between runs: store, codec, lock, saved plans. Holds no secret."""
