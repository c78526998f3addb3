<?php
echo "Hello from ", getenv("APP_NAME"), "\n";
